/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of IPv4 addresses, endpoints, networks and ranges. */
#ifndef CONF_ADDRESS_H
#define CONF_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/terminate.h"

/*
 * In host byte order.  The readers are false when the text is something else;
 * the printers write what the readers take.
 */
bool	address_read(const char *text, uint32_t *address);
void	address_print(uint32_t address, FILE *);

/*
 * ADDRESS or ADDRESS:PORT; without a port it is the usual one.  Where 0 is
 * usual, a port must be named.
 */
bool	address_read_endpoint(const char *text, uint16_t usual,
	    struct terminate_endpoint *);
void	address_print_endpoint(const struct terminate_endpoint *,
	    uint16_t usual, FILE *);

/* ADDRESS/BITS or ADDRESS; bits outside of the mask are kept. */
bool	address_read_net(const char *text, struct terminate_net *);

/* A-B, A, or NET/BITS, which is all but its first and last address. */
bool	address_read_range(const char *text, struct terminate_range *);
void	address_print_range(const struct terminate_range *, FILE *);

/* Is an address in a network? */
bool	address_is_in(uint32_t address, const struct terminate_net *);

/* The mask of so many bits. */
static inline uint32_t
address_mask(unsigned int bits)
{
	return bits == 0 ? 0 : UINT32_MAX << (32 - bits);
}

#endif
