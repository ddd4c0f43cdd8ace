/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a link ended, or was not let up: the name is for scripts and filters,
 * the sentence for the log.
 */
#ifndef ALG_PPP_REASON_H
#define ALG_PPP_REASON_H

#define PPP_REASON_LIST(X)						\
	X(OK, "ok", "nothing wrong")					\
	/* ends that were asked for */					\
	X(ADMIN, "admin", "ended by the administrator")			\
	X(SHUTDOWN, "shutdown", "the daemon stops")			\
	X(DISCONNECTED, "radius-disconnect", "ended by a RADIUS server") \
	X(REPLACED, "replaced", "the same user logged in again")	\
	X(PEER, "peer-ended", "the peer ended the link")		\
	X(LOST, "lost", "the call or its control connection is gone")	\
	X(IDLE, "idle", "no traffic for as long as the idle limit")	\
	X(SESSION_LIMIT, "session-limit", "the time limit is reached")	\
	X(OCTET_LIMIT, "octet-limit", "the traffic limit is reached")	\
	/* LCP */							\
	X(LCP_SILENT, "lcp-silent",					\
	    "no answer to LCP: GRE does not get through, or the peer is gone") \
	X(LCP_DISAGREED, "lcp-disagreed",				\
	    "the peer refuses our LCP options, or insists on others")	\
	X(LCP_REJECTED, "lcp-rejected",					\
	    "the peer rejected what nothing works without")		\
	X(LOOPBACK, "loopback", "the line sends our own frames back")	\
	X(ECHO_LOST, "echo-lost", "the peer does not answer LCP echoes") \
	X(RESTARTS, "restarts", "the peer starts LCP again and again")	\
	/* authentication */						\
	X(AUTH_REFUSED, "auth-refused",					\
	    "the peer refuses every authentication method that we allow") \
	X(AUTH_DEMANDED, "auth-demanded",				\
	    "the peer wants us to authenticate in a way that we do not allow") \
	X(AUTH_SILENT, "auth-silent",					\
	    "authentication was not answered in time")			\
	X(AUTH_MALFORMED, "auth-malformed", "malformed authentication packet") \
	X(BAD_NAME, "bad-name",						\
	    "the user's name has control characters")		\
	X(NO_USER, "no-such-user", "no such user")			\
	X(BAD_PASSWORD, "wrong-password", "wrong password")		\
	X(NO_SECRET, "no-usable-secret",				\
	    "the stored secret does not fit the authentication method")	\
	X(USER_LIMIT, "user-limit", "the user is logged in too many times") \
	X(SOURCE_LIMIT, "source-limit",					\
	    "too many sessions from this address")			\
	X(HALF_OPEN_LIMIT, "half-open-limit",				\
	    "too many calls without a login, most from this address")	\
	X(NO_ADDRESS, "no-address", "no address is free for this user")	\
	X(OWN_ADDRESS, "own-address",					\
	    "the peer gave us an address that this host has already")	\
	X(NO_INTERFACE, "no-interface",					\
	    "the tunnel's interface could not be made, or is gone")	\
	X(NOT_ALLOWED, "not-allowed", "the user may not log in here or now") \
	X(SCRIPT_FAILED, "script-failed",				\
	    "ip-pre-up could not be run or had to be ended")		\
	X(REJECTED, "rejected", "the RADIUS server refuses the login")	\
	X(RADIUS_SILENT, "radius-silent", "no RADIUS server answers")	\
	X(RADIUS_BUSY, "radius-busy",					\
	    "too many logins wait for RADIUS servers already")		\
	X(RADIUS_REPLY, "radius-reply",					\
	    "the RADIUS server's reply lacks what the login needs")	\
	X(PASSWORD_CHANGE, "password-change",				\
	    "the user wants a new password, which cannot be set here")	\
	X(REFLECTION, "reflection",					\
	    "the peer sent our own challenge back to us")		\
	X(REFUSED_BY_PEER, "refused-by-peer",				\
	    "the peer did not accept our user name or password")	\
	X(UNPROVEN, "server-unproven",					\
	    "the server could not prove that it knows our password")	\
	/* encryption */						\
	X(NO_KEYS, "no-keys",						\
	    "encryption is required, but only MS-CHAP makes keys for it") \
	X(MPPE_REFUSED, "mppe-refused",					\
	    "encryption is required, and the peer does not agree to it") \
	X(MPPE_SILENT, "mppe-silent",					\
	    "encryption is required, and the peer does not answer CCP")	\
	X(MPPE_DOWN, "mppe-down", "the peer turned encryption off")	\
	X(KEYS_DIFFER, "keys-differ",					\
	    "the two ends have different keys: nothing decrypts")	\
	X(RESET_UNANSWERED, "reset-unanswered",				\
	    "the peer does not answer requests to reset the encryption") \
	/* IPCP */							\
	X(IP_SILENT, "ip-silent", "the peer does not answer IPCP")	\
	X(IP_DISAGREED, "ip-disagreed",					\
	    "the two ends do not agree on addresses")			\
	X(IP_REFUSED, "ip-refused", "the peer wants no IP on this link")

enum ppp_reason {
#define PPP_REASON_ENUM(id, name, sentence) PPP_##id,
	PPP_REASON_LIST(PPP_REASON_ENUM)
#undef PPP_REASON_ENUM
	PPP_REASON_COUNT
};

const char	*ppp_reason_name(enum ppp_reason);
const char	*ppp_reason_sentence(enum ppp_reason);

#endif
