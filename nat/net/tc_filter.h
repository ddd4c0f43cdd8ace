/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which interfaces have tc filters of the admin's at ingress: a shaper, say. */
#ifndef NAT_NET_TC_FILTER_H
#define NAT_NET_TC_FILTER_H

#include <stdbool.h>
#include <stdint.h>

struct tc_filter;

struct tc_filter	*tc_filter_open(void);		/* NULL with errno */
void			 tc_filter_close(struct tc_filter *);	/* NULL: fine */

/* To be watched for reading; then tc_filter_read: filters came or went. */
int			 tc_filter_fd(const struct tc_filter *);
void			 tc_filter_read(struct tc_filter *);

/*
 * Has it a qdisc "ingress"?  That takes filters for egress, too (as clsact
 * does), but runs all at ingress.
 */
bool			 tc_filter_ingress_only(uint32_t interface);

/* Has it filters at ingress, of chain 0, with another handle than ours? */
bool			 tc_filter_others(struct tc_filter *,
			    uint32_t interface, uint32_t ours);

#endif
