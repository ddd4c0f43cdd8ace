/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one list of reasons why something is dropped, refused or ended. */
#ifndef ALG_REASON_H
#define ALG_REASON_H

/*
 * Everything that is refused, dropped, left untranslated or ended has one of
 * these reasons; each has a counter and a name that admins see in logs, in
 * `pptpalgctl counters` and in events.  The sentence is the log's wording.
 * Records of the journal have their numbers: new ones go to the end.
 */
#define REASON_LIST(X)							\
	X(NONE, "none", "nothing unusual")				\
	/* packets that are not ours, or not whole */			\
	X(NOT_OURS, "not-ours", "not PPTP traffic, passed untouched")	\
	X(TRUNCATED, "truncated", "headers are cut short or lengths disagree") \
	X(BAD_CHECKSUM, "bad-checksum", "TCP checksum is wrong")	\
	X(BAD_FLAGS, "bad-flags", "TCP flags that no end would send")	\
	X(FRAGMENT, "fragment", "an IP fragment that was not reassembled") \
	X(NOT_CROSSING, "not-crossing",					\
	    "does not cross between an inside and an outside interface") \
	/* the control connection */					\
	X(UNREAD, "unread",						\
	    "picked up in the middle, read from the next message on")	\
	X(STRAY, "stray",						\
	    "its beginning was not seen, it cannot be read from here") \
	X(GAP, "gap",							\
	    "segment beyond a gap, emptied: TCP will bring it back")	\
	X(OLD_DATA, "old-data",						\
	    "data acknowledged long ago, its bytes not repeated")	\
	X(HELD_BACK, "held-back",					\
	    "end of a segment held back until the rest of a field comes") \
	X(CONFLICT, "conflicting-retransmission",			\
	    "a retransmission with other bytes than the first copy")	\
	X(AFTER_RESET, "after-reset",					\
	    "segment of a connection that was reset")			\
	X(NO_CONNTRACK, "no-conntrack",					\
	    "conntrack knows no translation for this connection")	\
	X(KERNEL_HELPER, "kernel-helper",				\
	    "the kernel's own pptp helper is at work on this connection") \
	X(CONNECTION_LIMIT, "connection-limit",				\
	    "limits { connections } is reached")			\
	X(CLIENT_CONNECTIONS, "client-connections",			\
	    "one client holds as many connections as calls-per-client allows") \
	X(BAD_LENGTH, "bad-length", "message length wrong for its type") \
	X(BAD_MESSAGE_TYPE, "bad-message-type", "not a control message") \
	X(BAD_COOKIE, "bad-cookie", "magic cookie is not 0x1A2B3C4D")	\
	X(BAD_CONTROL_TYPE, "bad-control-type",				\
	    "unknown control message type")				\
	/* calls */							\
	X(CALL_LIMIT, "call-limit", "no room for another call")		\
	X(CONNECTION_CALLS, "connection-calls",				\
	    "limits { calls-per-connection } is reached")		\
	X(CLIENT_CALLS, "client-calls",					\
	    "limits { calls-per-client } is reached")			\
	X(NO_CALL_ID, "no-call-id",					\
	    "all call IDs between this public address and peer are in use") \
	X(QUARANTINE_CUT, "quarantine-cut",				\
	    "a call ID was reused early because all others are in use")	\
	X(UNKNOWN_ID, "unknown-id",					\
	    "control message with an unknown call ID, passed as it is")	\
	X(REPLY_REFUSED, "reply-refused", "the peer refused the call")	\
	X(NO_REPLY, "no-reply", "the call request was not answered")	\
	X(NO_CDN, "no-disconnect-notify",				\
	    "the clear request was not answered")			\
	X(CLEAR, "clear", "Call-Clear-Request")				\
	X(DISCONNECT, "disconnect", "Call-Disconnect-Notify")		\
	X(STOP, "stop", "Stop-Control-Connection-Request")		\
	X(RESTART, "restart",						\
	    "Start-Control-Connection-Request clears all calls")	\
	X(CLOSED, "closed", "both ends closed the control connection")	\
	X(RESET, "reset", "TCP reset of the control connection")	\
	X(NEW_CONNECTION, "new-connection",				\
	    "a new connection with the same addresses and ports")	\
	X(CONNTRACK_GONE, "conntrack-gone",				\
	    "conntrack dropped the control connection")			\
	X(ADMIN, "admin", "ended by the administrator")			\
	/* GRE and ICMP */						\
	X(GRE_UNKNOWN, "gre-unknown-call", "GRE of no known call")	\
	X(GRE_NOT_UP, "gre-call-not-up", "GRE of a call that is not up") \
	X(NO_GRE_OUTSIDE, "no-gre-from-outside",			\
	    "the call is up, but no GRE comes from outside")		\
	X(NO_GRE_INSIDE, "no-gre-from-inside",				\
	    "the call is up, but no GRE comes from inside")		\
	X(GRE_MALFORMED, "gre-malformed",				\
	    "enhanced GRE with an impossible header")			\
	X(ICMP_UNKNOWN, "icmp-unknown-call",				\
	    "ICMP error that quotes GRE of no known call")		\
	X(ICMP_REFUSAL, "icmp-refusal",					\
	    "an inside host refuses GRE by ICMP, kept from the outside") \
	X(ICMP_MALFORMED, "icmp-malformed", "ICMP error cut short")	\
	/* state that survives */					\
	X(BAD_RECORD, "bad-record",					\
	    "a record of the journal that cannot be right")		\
	X(CLAIMED_TWICE, "claimed-twice",				\
	    "the other firewall claims what passes here, too")		\
	/* found by the daemon, not the translator */			\
	X(JOURNAL, "journal-failed",					\
	    "the journal could not be written: calls may not survive") \
	X(CLUSTER, "cluster-failed",					\
	    "the store could not be written: the other firewall lags behind") \
	X(CLUSTER_LATE, "cluster-late",					\
	    "verdicts that went before the store had what they tell")	\
	X(CLUSTER_SENTINEL, "cluster-sentinel",				\
	    "a sentinel named no store, or one that is no master")	\
	X(QUEUE_LOSS, "queue-loss",					\
	    "packets lost because the daemon did not read fast enough") \
	X(MAP_FULL, "map-full",						\
	    "no room in the kernel's maps: GRE of this call is queued")	\
	/* tunnels that end here: the control connection */		\
	X(OUT_OF_TURN, "out-of-turn",					\
	    "control message that does not belong there")		\
	X(BAD_VERSION, "bad-version", "the peer's protocol is not PPTP 1.0") \
	X(START_REFUSED, "start-refused",				\
	    "the peer refused the control connection")			\
	X(NO_START, "no-start", "no Start-Control-Connection message in time") \
	X(NO_CALL, "no-call", "no call was asked for in time")		\
	X(NO_ECHO, "no-echo-reply", "the peer does not answer Echo-Request") \
	X(NOT_READING, "not-reading",					\
	    "the peer does not read what it is sent")			\
	X(CALL_NOT_WANTED, "call-not-wanted",				\
	    "the peer asked for a kind of call that is not taken here")	\
	X(CALL_REFUSED, "call-refused", "no room for the call here")	\
	X(CALL_AGAIN, "call-again",					\
	    "the peer asked for another call with the same ID")		\
	X(WAN_ERROR, "wan-error", "the peer told of errors on its line") \
	/* their GRE */							\
	X(GRE_TOO_LONG, "gre-too-long",					\
	    "GRE with more than 1532 bytes of payload")			\
	X(GRE_OLD, "gre-old", "GRE that came twice, or far too late")	\
	X(GRE_AHEAD, "gre-ahead",					\
	    "GRE with a sequence number that is not believed yet")	\
	/* what they carry, and who comes */				\
	X(SPOOFED, "spoofed",						\
	    "a packet out of a tunnel with another address than its own") \
	X(INNER_MALFORMED, "inner-malformed",				\
	    "a packet out of a tunnel that is no whole IP packet")	\
	X(IN_ITSELF, "tunnel-in-itself",				\
	    "a packet of the tunnel itself inside of the tunnel")	\
	X(NO_TUNNEL, "no-tunnel", "a packet to an address without a tunnel") \
	X(SOURCE_NOT_ALLOWED, "source-not-allowed",			\
	    "a client whose address is not among those allowed")	\
	X(HALF_OPEN_LIMIT, "half-open-limit",				\
	    "too many connections without a login")			\
	X(SOURCE_LIMIT, "source-limit",					\
	    "too many connections without a login from one address")	\
	/* translated ones again */					\
	X(UNACKNOWLEDGED, "unacknowledged-call",			\
	    "a call ended before the peer had all of its request or reply") \
	X(JOURNAL_LIMIT, "journal-limit",				\
	    "a client has too much unacknowledged, TCP will bring it back") \
	X(RESET_LIMIT, "reset-limit",					\
	    "reset too often: dropped without another reset")		\
	X(ICMP_LIMIT, "icmp-limit", "too many ICMP errors about one call") \
	X(ICMP_ALIVE, "icmp-call-alive",				\
	    "ICMP error that would end a call whose GRE still comes")	\
	X(ICMP_MTU, "icmp-mtu",						\
	    "ICMP error with an MTU that is too small to be true")	\
	/* GRE that the daemon sends itself */				\
	X(NOT_SENT, "not-sent",						\
	    "could not be sent by the way of its control connection")	\
	/* control connections that cannot be read here */		\
	X(SYNPROXY, "synproxy",						\
	    "SYNPROXY changes sequence numbers after it was read here")	\
	X(FLOW_TABLE, "flow-table",					\
	    "it is in a flow table, which takes it past all rules")	\
	/* calls once more */						\
	X(SILENT_OUTSIDE, "silent-outside",				\
	    "the call has worked, but GRE comes from outside no more")	\
	X(SILENT_INSIDE, "silent-inside",				\
	    "the call has worked, but GRE comes from inside no more")	\
	X(PASSED_BY, "passed-by",					\
	    "a control connection that no rule has shown to the daemon") \
	X(WEAK_LOGIN, "authentication-required",			\
	    "PPP came up by a method that require { } does not allow")	\
	X(WEAK_ENCRYPTION, "encryption-required",			\
	    "PPP came up without the encryption that require { } asks for") \
	X(SHARED_CALL_ID, "shared-call-id",				\
	    "two outside hosts behind one address have the same call ID")

enum reason {
#define X(id, name, text) REASON_##id,
	REASON_LIST(X)
#undef X
	REASON_COUNT
};

/* The stable name for scripts, and the sentence for people; static storage. */
const char	*reason_name(enum reason);
const char	*reason_text(enum reason);

#endif
