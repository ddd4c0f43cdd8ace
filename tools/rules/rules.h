/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommand that makes the firewall rules a configuration needs. */
#ifndef TOOLS_RULES_RULES_H
#define TOOLS_RULES_RULES_H

/*
 * pptpalgctl rules [-f FILE] [--nft] [--apply | --remove]: prints, applies or
 * removes the firewall rules that a configuration needs.  argv[0] is the
 * word itself.  Needs no daemon; returns the exit status.
 */
int	rules_main(int argc, char **argv);

#endif
