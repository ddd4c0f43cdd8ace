/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and passwords, as pppd(8) keeps them in chap-secrets and pap-secrets.
 */
#ifndef CONF_SECRETS_H
#define CONF_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/tunnel_options.h"

/*
 *	client server secret [address...] [-- option...]
 *
 * Words may be quoted by " or ', \ escapes, # starts a comment, the secret
 * @/FILE is the first word of that file, client and server may be *.  All is
 * UTF-8.  Users are hashed: finding one takes the same time among any number.
 */
struct secrets;

#define SECRET_MAX	256		/* bytes of a password */

/* An address rule; the first one that covers an address decides. */
struct secret_rule {
	uint32_t	 address, mask;		/* host byte order */
	bool		 permit;
};

/* One line.  Belongs to its struct secrets. */
struct secret {
	const char	*client, *server;	/* "*" is any */
	const char	*password;		/* UTF-8 with NUL; never "" */
	size_t		 length;		/* of it: at most SECRET_MAX */
	uint32_t	 address;		/* the user's own one, or 0 */
	const struct secret_rule *rules;	/* none: any of the pool */
	size_t		 nrules;
	bool		 denied;	/* "-": no address at all */
	const char *const *options;		/* words behind -- */
	size_t		 noptions;
	const char	*file;
	unsigned	 line;
};

/* A sentence with FILE:LINE: about a line that was left out. */
typedef void secrets_warn(void *arg, const char *sentence);

/*
 * Reads files; where two lines fit equally, the first counts.  Lines that are
 * no use are left out and told to warn (NULL: silently).  NULL with a sentence
 * in error when a file cannot be read at all, is bigger than 4 MiB, or others
 * than its owner could write it or put another file in its place, or others
 * than its owner and the group of the process read it; its owner must be root
 * or the user of the process.
 * To reload: read anew, then free the old ones (logins that go on must not
 * keep pointers into them).
 */
struct secrets	*secrets_read(const char (*files)[TUNNEL_FILE_MAX],
		    size_t nfiles, secrets_warn *, void *arg, char *error,
		    size_t size);

/* Wipes all of it; NULL is fine. */
void		 secrets_free(struct secrets *);

/* How many lines there are, and one of them: 0 is the first. */
size_t		 secrets_count(const struct secrets *);
const struct secret *secrets_at(const struct secrets *, size_t);

/*
 * The line for a client who logs in at a server, by pppd's order: both names
 * fit word by word, else the server does, else the client does, else both are
 * "*".  NULL: none.  Takes the same time whether or not there is one.
 */
const struct secret *secrets_find(const struct secrets *, const char *client,
		    const char *server);

/* May this user have that address? */
bool		 secrets_allow(const struct secret *, uint32_t address);

/*
 * The first line of a file, without its line end, under the same rules for
 * who may read and write it; NULL with a sentence in error.  Free with
 * secrets_password_free, which wipes it.
 */
char		*secrets_password(const char *file, char *error, size_t size);
void		 secrets_password_free(char *);

#endif
