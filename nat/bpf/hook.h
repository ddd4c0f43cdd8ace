/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef NAT_BPF_HOOK_H
#define NAT_BPF_HOOK_H

#include <stdint.h>

/* Where an interface runs tc programs. */
enum hook_point { HOOK_INGRESS, HOOK_EGRESS };

/*
 * Puts a program on an interface; one of ours that is there, from a former
 * daemon too, is replaced without a gap.  It stays when the daemon ends.  -1
 * with errno.
 */
int	hook_put(uint32_t index, enum hook_point, int program);

/* Takes ours off; there may be none. */
void	hook_remove(uint32_t index, enum hook_point);

#endif
