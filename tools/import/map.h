/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directives that need more than a row of directive.c: a function each. */
#ifndef TOOLS_IMPORT_MAP_H
#define TOOLS_IMPORT_MAP_H

#include "tools/import/directive.h"

typedef void map_directive(struct plan *, struct plan_part *,
	    const struct directive *, char **args);

/* Methods: bit is of enum tunnel_method. */
map_directive	map_require, map_refuse, map_ppp_method;

/* MPPE: bit is of enum tunnel_key; 0: all lengths. */
map_directive	map_mppe, map_no_mppe, map_ppp_mppe, map_ppp_encryption;

/* Numbers; with a value, that is the most.  A word "max" may stand before. */
map_directive	map_mtu;

/* Seconds with decimals, into reorder-time. */
map_directive	map_timeout;

/* A key that is yes after enable and accept, and no after the others. */
map_directive	map_ppp_switch;

/* Whether a client dials again: bit. */
map_directive	map_persist;

/* A secret of the client. */
map_directive	map_password;

/* Another file, which is below the folder value unless it starts with /. */
map_directive	map_file;

/* A command line of pptp(8); in ppp(8)'s "set device" after a !. */
map_directive	map_pty, map_ppp_device;

/* Addresses: one, or a list with commas, or wishes of both ends. */
map_directive	map_local, map_remote, map_ppp_ifaddr;

/* Commands of ppp(8) with words of their own. */
map_directive	map_ppp_set, map_ppp_enable, map_ppp_route;

/* Keys of NetworkManager; bit is the offset of a text in struct plan_part. */
map_directive	map_nm_text, map_nm_never_default, map_nm_automatic;

#endif
