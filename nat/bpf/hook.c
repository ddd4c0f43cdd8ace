/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "nat/bpf/hook.h"
#include "nat/bpf/program.h"

/* In linux/bpf.h since Linux 6.6. */
#define TCX_INGRESS	46
#define TCX_EGRESS	47

/* Where in the order of tc filters, and by which number, ours are known. */
#define PRIORITY	23
#define HANDLE		0x1723

static const int tcx[] = {
	[HOOK_INGRESS] = TCX_INGRESS, [HOOK_EGRESS] = TCX_EGRESS
};
static const enum bpf_tc_attach_point clsact[] = {
	[HOOK_INGRESS] = BPF_TC_INGRESS, [HOOK_EGRESS] = BPF_TC_EGRESS
};

/* A link is as long as something holds it: here a file. */
static void
pin_path(uint32_t index, enum hook_point point, char path[PROGRAM_PATH])
{
	char name[32];

	snprintf(name, sizeof(name), "%s-%u",
	    point == HOOK_INGRESS ? "ingress" : "egress", index);
	program_path(name, path);
}

static int
replace_link(const char *path, int program)
{
	int fd = bpf_obj_get(path), result;

	if (fd < 0)
		return -1;
	result = bpf_link_update(fd, program, NULL);
	close(fd);
	/* Its interface has gone. */
	if (result < 0)
		(void)unlink(path);
	return result < 0 ? -1 : 0;
}

static int
put_link(uint32_t index, enum hook_point point, int program)
{
	char path[PROGRAM_PATH];
	int fd, result, saved;

	pin_path(index, point, path);
	if (replace_link(path, program) == 0)
		return 0;
	fd = bpf_link_create(program, (int)index,
	    (enum bpf_attach_type)tcx[point], NULL);
	if (fd < 0)
		return -1;
	result = bpf_obj_pin(fd, path);
	saved = errno;
	close(fd);
	errno = saved;
	return result < 0 ? -1 : 0;
}

static int
put_filter(uint32_t index, enum hook_point point, int program)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)index,
	    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = HANDLE,
	    .priority = PRIORITY, .flags = BPF_TC_F_REPLACE,
	    .prog_fd = program);

	/* The qdisc may be there, from us or from somebody else. */
	(void)bpf_tc_hook_create(&hook);
	hook.attach_point = clsact[point];
	return bpf_tc_attach(&hook, &filter) < 0 ? -1 : 0;
}

/* Since Linux 6.6 there are links, which cost a packet less than filters. */
int
hook_put(uint32_t index, enum hook_point point, int program)
{
	if (put_link(index, point, program) == 0)
		return 0;
	return errno == EINVAL ? put_filter(index, point, program) : -1;
}

void
hook_remove(uint32_t index, enum hook_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)index,
	    .attach_point = clsact[point]);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = HANDLE,
	    .priority = PRIORITY);
	char path[PROGRAM_PATH];

	pin_path(index, point, path);
	if (unlink(path) == -1)
		(void)bpf_tc_detach(&hook, &filter);
}
