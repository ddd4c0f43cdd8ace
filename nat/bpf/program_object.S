/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiled tc programs as bytes of the daemon, for program.c: a file of
 * its own, because link time optimization does not see into an asm statement.
 */
	.section .rodata
	.balign	8
	.globl	program_object, program_object_end
	.hidden	program_object, program_object_end
program_object:
	.incbin	PROGRAM_OBJECT
program_object_end:
	.section .note.GNU-stack, "", %progbits
