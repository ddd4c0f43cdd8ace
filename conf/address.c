/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and prints IPv4 addresses, endpoints, networks and ranges. */
#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "conf/address.h"

#define NET_TEXT_MAX	64

bool
address_read(const char *text, uint32_t *address)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*address = ntohl(in.s_addr);
	return true;
}

void
address_print(uint32_t address, FILE *f)
{
	fprintf(f, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xff,
	    address >> 8 & 0xff, address & 0xff);
}

/* A copy to cut; false if it is longer than any of the texts. */
static bool
copy_word(char to[NET_TEXT_MAX], const char *text)
{
	if (strlen(text) >= NET_TEXT_MAX)
		return false;
	strcpy(to, text);
	return true;
}

/* The number behind separator in word, which is cut there. */
static bool
cut_number(char *word, char separator, unsigned long max, unsigned long *n)
{
	char *at = strchr(word, separator);

	if (at == NULL)
		return true;
	*at++ = '\0';
	if (*at == '\0' || strlen(at) > 5 ||
	    at[strspn(at, "0123456789")] != '\0')
		return false;
	*n = strtoul(at, NULL, 10);
	return *n <= max;
}

bool
address_read_endpoint(const char *text, uint16_t usual,
    struct terminate_endpoint *endpoint)
{
	unsigned long port = usual;
	char word[NET_TEXT_MAX];

	if (!copy_word(word, text) ||
	    !cut_number(word, ':', UINT16_MAX, &port) || port == 0 ||
	    !address_read(word, &endpoint->address))
		return false;
	endpoint->port = (uint16_t)port;
	return true;
}

void
address_print_endpoint(const struct terminate_endpoint *endpoint,
    uint16_t usual, FILE *f)
{
	address_print(endpoint->address, f);
	if (endpoint->port != usual)
		fprintf(f, ":%u", endpoint->port);
}

bool
address_read_net(const char *text, struct terminate_net *net)
{
	unsigned long bits = 32;
	char word[NET_TEXT_MAX];

	if (!copy_word(word, text) || !cut_number(word, '/', 32, &bits) ||
	    !address_read(word, &net->address))
		return false;
	net->bits = (uint8_t)bits;
	return true;
}

bool
address_is_in(uint32_t address, const struct terminate_net *net)
{
	return ((address ^ net->address) & address_mask(net->bits)) == 0;
}

static bool
net_range(const char *word, struct terminate_range *range)
{
	struct terminate_net net;
	uint32_t mask;

	if (!address_read_net(word, &net))
		return false;
	mask = address_mask(net.bits);
	range->first = net.address;
	range->last = net.address | ~mask;
	if (net.bits < 31) {
		range->first++;
		range->last--;
	}
	return (net.address & ~mask) == 0;
}

bool
address_read_range(const char *text, struct terminate_range *range)
{
	char word[NET_TEXT_MAX], *dash;
	bool right;

	if (!copy_word(word, text))
		return false;
	dash = strchr(word, '-');
	if (dash != NULL) {
		*dash = '\0';
		right = address_read(word, &range->first) &&
		    address_read(dash + 1, &range->last);
	} else
		right = net_range(word, range);
	return right && range->first <= range->last && range->first != 0;
}

void
address_print_range(const struct terminate_range *range, FILE *f)
{
	address_print(range->first, f);
	if (range->last != range->first) {
		putc('-', f);
		address_print(range->last, f);
	}
}
