/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The status page as bytes of the daemon, for http.c. */
	.section .rodata
	.globl	page_html, page_html_end
	.hidden	page_html, page_html_end
page_html:
	.incbin	"nat/http/page.html"
page_html_end:
	.section .note.GNU-stack, "", %progbits
