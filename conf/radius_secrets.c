/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the file of RADIUS servers and the secrets that they share with us. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf/address.h"
#include "conf/private.h"
#include "conf/radius_secrets.h"

#define RADIUS_SECRETS_MAX	(64 * 1024)
#define BLANKS		" \t\r"

/* Is the line about this server?  Then *secret is its second word. */
static bool
read_line(char *line, uint32_t address, char **secret)
{
	char *word, *rest = line;
	uint32_t server;

	word = strsep(&rest, BLANKS);
	if (rest == NULL || *word == '#' || !address_read(word, &server) ||
	    server != address)
		return false;
	rest += strspn(rest, BLANKS);
	rest[strcspn(rest, BLANKS)] = '\0';
	*secret = rest;
	return *rest != '\0' && *rest != '#';
}

int
radius_secrets_read(const char *file, uint32_t address,
    char secret[RADIUS_SECRET_MAX], char *error, size_t size)
{
	char *text, *line, *rest, *found = NULL;
	uint8_t byte[4] = { (uint8_t)(address >> 24), (uint8_t)(address >> 16),
	    (uint8_t)(address >> 8), (uint8_t)address };
	size_t len;

	text = rest = private_read(file, RADIUS_SECRETS_MAX, &len, error, size);
	if (text == NULL)
		return -1;
	while (found == NULL && (line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, BLANKS);
		if (!read_line(line, address, &found))
			found = NULL;
	}
	if (found == NULL)
		snprintf(error, size, "%s: expected a line with %u.%u.%u.%u "
		    "and the secret that this RADIUS server shares with us",
		    file, byte[0], byte[1], byte[2], byte[3]);
	else if (strlen(found) >= RADIUS_SECRET_MAX) {
		snprintf(error, size, "%s: expected a secret of at most %d "
		    "bytes", file, RADIUS_SECRET_MAX - 1);
		found = NULL;
	} else
		memcpy(secret, found, strlen(found) + 1);
	private_free(text, len);
	return found == NULL ? -1 : 0;
}
