/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Directives that need more than a row of directive.c: a function each. */
#ifndef TOOLS_IMPORT_MAP_H
#define TOOLS_IMPORT_MAP_H

#include "tools/import/directive.h"

typedef void map_directive(struct plan *, struct plan_part *,
	    const struct directive *, char **args);

/* A bool of struct plan_part at the offset bit: value says, or an argument. */
map_directive	map_flag;

/* Ignored with one of the words in value only, otherwise refused. */
map_directive	map_only;

/* Methods: bit is of enum tunnel_method. */
map_directive	map_require, map_refuse, map_ppp_method;

/* MPPE: bit is of enum tunnel_key; 0: all lengths. */
map_directive	map_mppe, map_no_mppe, map_mppe_words, map_ppp_mppe;
map_directive	map_ppp_encryption;

/* Numbers; with a value, that is the most.  A word "max" may stand before. */
map_directive	map_mtu;

/* Into reorder-time; bit: how many of the unit are a second. */
map_directive	map_timeout;

/* A key that is yes after enable and accept, and no after the others. */
map_directive	map_ppp_switch;

/* What can only be off (or on: bit); otherwise it is refused. */
map_directive	map_ppp_lacking;

/* The client's name; bit: it counts more than one without. */
map_directive	map_user;

/* A secret of the client. */
map_directive	map_password;

/* A plugin of pppd, and the number of an interface. */
map_directive	map_plugin, map_unit;

/* Another file, which is below the folder value unless it starts with /. */
map_directive	map_file;

/* A command line of pptp(8); in ppp(8)'s "set device" after a !. */
map_directive	map_pty, map_ppp_device;

/* Addresses: one, or a list with commas, or wishes of both ends. */
map_directive	map_local, map_remote, map_ppp_ifaddr;

/* Commands of ppp(8) with words of their own. */
map_directive	map_ppp_set, map_ppp_enable, map_ppp_route;

/* Keys of NetworkManager; bit is the offset of a text in struct plan_part. */
map_directive	map_nm_text, map_nm_route;

/* radiusclient.conf: a server; a realm; an address, or * for any. */
map_directive	map_radius_server, map_radius_realm, map_radius_source;

/* pppd's plugin for it. */
map_directive	map_radius_plugin;

/* The key is yes when this is no. */
map_directive	map_nm_not;

#endif
