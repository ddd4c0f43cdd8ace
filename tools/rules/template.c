/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills a configuration's numbers and interfaces into rules. */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "conf/ifnames.h"
#include "tools/rules/template.h"

struct fill {
	const struct template_language	*language;
	const struct config		*config;
	const char			*outside, *inside;	/* or NULL */
};

static void
write_name(const struct fill *fill, const char *format, const char *name,
    FILE *f)
{
	char copy[64];
	size_t len = strlen(name);

	snprintf(copy, sizeof(copy), "%s", name);
	if (copy[len - 1] == '+')
		copy[len - 1] = fill->language->wild;
	for (; *format != '\0'; format++) {
		if (*format == '%')
			fputs(copy, f);
		else
			fputc(*format, f);
	}
}

static void
write_field(const struct fill *fill, char letter, FILE *f)
{
	const struct config *config = fill->config;

	switch (letter) {
	case 'M':
		fprintf(f, "0x%x", config->mark);
		break;
	case 'C':
		fprintf(f, "%u", config->queue_control);
		break;
	case 'G':
		fprintf(f, "%u", config->queue_gre);
		break;
	case 'H':
		fprintf(f, "%u", config->queue_hairpin);
		break;
	case 'o':
	case 'O':
		write_name(fill, "%", fill->outside, f);
		break;
	case 'i':
		if (fill->inside != NULL)
			write_name(fill, fill->language->from, fill->inside, f);
		break;
	case 'j':
		if (fill->inside != NULL)
			write_name(fill, fill->language->to, fill->inside, f);
		break;
	}
}

static void
write_rule(const struct fill *fill, const char *rule, FILE *f)
{
	for (; *rule != '\0'; rule++) {
		if (*rule == '%')
			write_field(fill, *++rule, f);
		else
			fputc(*rule, f);
	}
	fputc('\n', f);
}

static bool
has_field(const char *rule, const char *field)
{
	return strstr(rule, field) != NULL;
}

static bool
is_vrf(const char *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };
	bool found;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	found = fd != -1 && ioctl(fd, SIOCGIFFLAGS, &request) != -1 &&
	    ifnames_is_vrf((unsigned short)request.ifr_flags);
	if (fd != -1)
		close(fd);
	return found;
}

void
template_write(const char *rule, const struct template_language *language,
    const struct config *config, FILE *f)
{
	const struct config_names *outside = &config->outside;
	const struct config_names *inside = &config->inside;
	struct fill fill = { .language = language, .config = config };
	bool own = has_field(rule, "%O");
	size_t outsides = own || has_field(rule, "%o") ? outside->n : 1;
	size_t insides = inside->n > 0 && (has_field(rule, "%i") ||
	    has_field(rule, "%j")) ? inside->n : 1;
	size_t i, o;

	for (o = 0; o < outsides; o++) {
		if (own && is_vrf(outside->name[o]))
			continue;
		for (i = 0; i < insides; i++) {
			fill.outside = outside->n > 0 ? outside->name[o] : NULL;
			fill.inside = inside->n > 0 ? inside->name[i] : NULL;
			write_rule(&fill, rule, f);
		}
	}
}
