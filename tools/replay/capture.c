/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads captures with libpcap, twice if need be, and writes one. */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/replay/capture.h"
#include "tools/replay/link.h"

#define SNAP_LEN	262144	/* what others take as the largest */
#define RECORD_MIN	32	/* bytes of a record with an IPv4 packet */

struct capture {
	FILE			*file;	/* ours, at the start of the capture */
	pcap_t			*pcap;
	int			 link_type;
	uint64_t		 number;
	bool			 broken;
	struct capture_packet	 packet;
	uint8_t			 ip[CAPTURE_IP_MAX];
};

struct capture_writer {
	pcap_t		*pcap;
	pcap_dumper_t	*dumper;
	uint8_t		 frame[CAPTURE_LINK_MAX + CAPTURE_IP_MAX];
};

/* libpcap closes what it reads: give it a stream of its own. */
static FILE *
reopen_file(FILE *file)
{
	int fd = dup(fileno(file));
	FILE *copy;

	if (fd == -1)
		return NULL;
	copy = fdopen(fd, "rb");
	if (copy == NULL)
		close(fd);
	return copy;
}

/* libpcap writes sentences of up to PCAP_ERRBUF_SIZE bytes. */
static int
start_reading(struct capture *c, char *error, size_t size)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	FILE *file;

	c->number = 0;
	if (fseeko(c->file, 0, SEEK_SET) == -1 ||
	    (file = reopen_file(c->file)) == NULL) {
		snprintf(error, size, "%s", strerror(errno));
		return -1;
	}
	c->pcap = pcap_fopen_offline(file, why);
	if (c->pcap == NULL) {
		fclose(file);
		snprintf(error, size, "%s", why);
		return -1;
	}
	c->link_type = pcap_datalink(c->pcap);
	if (link_known(c->link_type))
		return 0;
	snprintf(error, size, "link type %s is not one of: Ethernet, Linux "
	    "cooked, raw IP, BSD loopback",
	    pcap_datalink_val_to_name(c->link_type) != NULL ?
	    pcap_datalink_val_to_name(c->link_type) : "(unknown)");
	return -1;
}

/* Takes a stream that can be rewound over. */
static struct capture *
open_stream(FILE *file, char *error, size_t size)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		snprintf(error, size, "%s", strerror(errno));
		fclose(file);
		return NULL;
	}
	c->file = file;
	if (start_reading(c, error, size) == 0)
		return c;
	capture_close(c);
	return NULL;
}

/* A pipe cannot be read twice. */
static FILE *
spool_stream(FILE *from)
{
	char buffer[65536];
	FILE *to = tmpfile();
	size_t n;

	if (to == NULL)
		return NULL;
	while ((n = fread(buffer, 1, sizeof(buffer), from)) > 0)
		if (fwrite(buffer, 1, n, to) != n)
			break;
	if (!ferror(from) && !ferror(to) && fflush(to) == 0)
		return to;
	fclose(to);
	return NULL;
}

/* Opens what can be rewound: a file, or a copy of a pipe. */
static FILE *
open_file(const char *path)
{
	FILE *file, *copy;

	if (strcmp(path, "-") == 0)
		return spool_stream(stdin);
	file = fopen(path, "rb");
	if (file == NULL || fseeko(file, 0, SEEK_SET) == 0)
		return file;
	copy = spool_stream(file);
	fclose(file);
	return copy;
}

struct capture *
capture_open(const char *path, char *error, size_t size)
{
	FILE *file = open_file(path);

	if (file == NULL) {
		snprintf(error, size, "%s", strerror(errno));
		return NULL;
	}
	return open_stream(file, error, size);
}

uint32_t
capture_room(const struct capture *c, uint32_t most)
{
	struct stat st;

	if (fstat(fileno(c->file), &st) == -1 ||
	    st.st_size / RECORD_MIN >= most)
		return most;
	return (uint32_t)(st.st_size / RECORD_MIN);
}

static void
fill_packet(
    struct capture *c, const struct pcap_pkthdr *h, const uint8_t *frame)
{
	struct capture_packet *p = &c->packet;
	int skip = link_skip(c->link_type, frame, h->caplen);

	p->number = ++c->number;
	p->time = (uint64_t)h->ts.tv_sec * 1000000 + (uint64_t)h->ts.tv_usec;
	p->cut = h->caplen < h->len;
	p->ip = NULL;
	p->len = p->link_len = 0;
	if (skip == -1 || skip > CAPTURE_LINK_MAX)
		return;
	p->link_len = (size_t)skip;
	memcpy(p->link, frame, p->link_len);
	p->len = h->caplen - p->link_len;
	if (p->len > sizeof(c->ip))
		p->len = sizeof(c->ip);
	p->ip = c->ip;
	memcpy(p->ip, frame + p->link_len, p->len);
}

int
capture_next(struct capture *c, struct capture_packet **packet)
{
	struct pcap_pkthdr *h;
	const uint8_t *frame;

	switch (pcap_next_ex(c->pcap, &h, &frame)) {
	case 1:
		fill_packet(c, h, frame);
		*packet = &c->packet;
		return 1;
	case PCAP_ERROR_BREAK:
		return 0;
	default:
		c->broken = true;
		return 0;
	}
}

const char *
capture_error(const struct capture *c)
{
	return c->broken ? pcap_geterr(c->pcap) : NULL;
}

int
capture_rewind(struct capture *c, char *error, size_t size)
{
	pcap_close(c->pcap);
	c->pcap = NULL;
	return start_reading(c, error, size);
}

void
capture_close(struct capture *c)
{
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	fclose(c->file);
	free(c);
}

struct capture_writer *
capture_create(const struct capture *like, const char *path, char *error,
    size_t size)
{
	struct capture_writer *w = calloc(1, sizeof(*w));

	if (w == NULL) {
		snprintf(error, size, "%s", strerror(errno));
		return NULL;
	}
	w->pcap = pcap_open_dead(like->link_type, SNAP_LEN);
	if (w->pcap != NULL)
		w->dumper = pcap_dump_open(w->pcap, path);
	if (w->dumper != NULL)
		return w;
	snprintf(error, size, "%s",
	    w->pcap != NULL ? pcap_geterr(w->pcap) : "no memory");
	if (w->pcap != NULL)
		pcap_close(w->pcap);
	free(w);
	return NULL;
}

void
capture_write(struct capture_writer *w, const struct capture_packet *p)
{
	struct pcap_pkthdr h = { 0 };

	memcpy(w->frame, p->link, p->link_len);
	memcpy(w->frame + p->link_len, p->ip, p->len);
	h.ts.tv_sec = (time_t)(p->time / 1000000);
	h.ts.tv_usec = (suseconds_t)(p->time % 1000000);
	h.caplen = h.len = (bpf_u_int32)(p->link_len + p->len);
	pcap_dump((u_char *)w->dumper, &h, w->frame);
}

int
capture_finish(struct capture_writer *w, char *error, size_t size)
{
	FILE *file = pcap_dump_file(w->dumper);
	int bad = pcap_dump_flush(w->dumper) == -1 || ferror(file);

	if (bad)
		snprintf(error, size, "%s", strerror(errno));
	pcap_dump_close(w->dumper);
	pcap_close(w->pcap);
	free(w);
	return bad ? -1 : 0;
}
