/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of one tunnel, the same whether a client or this host makes it. */
#ifndef CONF_TUNNEL_OPTIONS_H
#define CONF_TUNNEL_OPTIONS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#define TUNNEL_FILE_MAX		256
#define TUNNEL_HOST_MAX		64	/* 63 bytes: a PPTP host name's room */
#define TUNNEL_TEXT_MAX		256

/* Bits of tunnel.methods. */
enum tunnel_method {
	TUNNEL_PAP = 1, TUNNEL_CHAP = 2, TUNNEL_MSCHAP = 4, TUNNEL_MSCHAP_V2 = 8
};

/* Bits of tunnel.key_lengths: the MPPE strengths that are taken. */
enum tunnel_key { TUNNEL_KEY_40 = 1, TUNNEL_KEY_56 = 2, TUNNEL_KEY_128 = 4 };

enum tunnel_encryption {
	TUNNEL_CLEAR,    /* MPPE is never negotiated */
	TUNNEL_OPTIONAL, /* tried; the link also goes on without */
	TUNNEL_REQUIRED  /* no IP before, without or after MPPE */
};

enum tunnel_script {
	TUNNEL_IP_PRE_UP, /* is waited for before traffic passes */
	TUNNEL_IP_UP,
	TUNNEL_IP_DOWN,
	TUNNEL_IPV6_UP,
	TUNNEL_IPV6_DOWN,
	TUNNEL_AUTH_UP,
	TUNNEL_AUTH_DOWN,
	TUNNEL_SCRIPTS
};

/*
 * What a tunnel that ends here is made of, the same for both roles: a
 * section "terminate" or "dial" of pptpalg-terminate.conf(5).  Times are in
 * seconds, sizes in bytes, addresses in host byte order, unless said.
 * All of it is taken over on reload, for tunnels that come up later.
 */
struct tunnel_options {
	uint32_t		 methods;	/* never none */
	enum tunnel_encryption	 encryption;
	uint32_t		 key_lengths;	/* never none */
	bool			 stateful;	/* taken if the peer insists */
	bool			 mppc;
	bool			 ipv6;		/* each has an interface */
	uint16_t		 mtu;	/* the interface has at most */
	uint16_t		 mru;	/* what LCP asks for */
	bool			 mss_clamp;	/* of TCP SYN, to the MTU */
	/* LCP: echo when nothing came in for so long; 0: never. */
	uint32_t		 lcp_echo_interval, lcp_echo_failures;
	uint32_t		 restart_time;	/* RFC 1661 timer */
	uint32_t		 max_configure, max_terminate, max_failure;
	uint32_t		 idle_timeout;	/* no IP traffic; 0: no limit */
	uint32_t		 session_timeout;	/* 0: no limit */
	/* PPTP control connection: Echo-Request after silence, and answer. */
	uint32_t		 control_echo_interval, control_echo_timeout;
	uint16_t		 window;	/* that we offer */
	uint16_t		 reorder_frames; /* held back; 0: none */
	uint16_t		 reorder_time;	/* ms that a gap may last */
	char			 host_name[TUNNEL_HOST_MAX];	/* PPTP start */
	char vendor[TUNNEL_HOST_MAX];                           /* messages */
	/* A name, or one that ends in %d for the first free number. */
	char			 interface[IFNAMSIZ];
	char script[TUNNEL_SCRIPTS][TUNNEL_FILE_MAX]; /* "" */
	uint32_t		 script_timeout;
	/* Last argument of scripts; "": the client's address outside, or the
	 * name of the section dial. */
	char			 ip_param[TUNNEL_TEXT_MAX];
	bool			 wtmp;
};

/* Does any script want an interface of its own for each tunnel? */
bool	tunnel_options_has_script(const struct tunnel_options *);

/* "mschap-v2" and so on; for one bit. */
const char *tunnel_options_method_name(enum tunnel_method);

#endif
