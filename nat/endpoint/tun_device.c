/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes and removes the TUN devices that sessions are behind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nat/base/loop.h"
#include "nat/endpoint/context.h"
#include "nat/endpoint/forward.h"
#include "nat/endpoint/tun_device.h"
#include "nat/net/rtnetlink.h"
#include "nat/privsep/helper.h"

#define GONE	"pptp-gone%d"	/* the name of what is being closed */

static int
start_device(struct tun_device *d, const char *name, uint32_t local,
    uint32_t remote, char *error, size_t size)
{
	struct context *x = d->context;
	int fd;

	if ((fd = helper_device(x->helper)) == -1) {
		snprintf(error, size, "%s: %s%s", TUN_DEVICE, strerror(errno),
		    errno == ETIMEDOUT ? "" : ": the kernel needs CONFIG_TUN, "
		    "a container the device");
		return -1;
	}
	if ((d->tun = tun_open(fd, name, error, size)) == NULL)
		return -1;
	d->named = strchr(name, '%') == NULL && !tun_persists(d->tun);
	(void)rtnetlink_no_auto(x->rtnetlink, tun_index(d->tun));
	if (rtnetlink_up(x->rtnetlink, tun_index(d->tun), d->mtu) == -1 ||
	    rtnetlink_address(x->rtnetlink, tun_index(d->tun), local, remote) ==
		-1) {
		snprintf(error, size, "interface %s: %s", tun_name(d->tun),
		    strerror(errno));
		return -1;
	}
	d->watch = loop_read(x->loop, tun_fd(d->tun), forward_tun, d);
	if (d->watch != NULL)
		return 0;
	snprintf(error, size, "out of memory");
	return -1;
}

struct tun_device *
tun_device_open(struct context *x, const char *name, uint16_t mtu,
    uint32_t local, uint32_t remote, struct session *session, char *error,
    size_t size)
{
	struct tun_device *d;

	if ((d = calloc(1, sizeof(*d))) == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	d->context = x;
	d->session = session;
	d->mtu = mtu;
	d->local = local;
	d->remote = remote;
	if (start_device(d, name, local, remote, error, size) == -1) {
		tun_device_close(d);
		return NULL;
	}
	return d;
}

/*
 * The kernel takes a while to remove the interface: until then its route must
 * be gone, and its name free.
 */
static void
silence_device(struct tun_device *d)
{
	loop_watch_free(d->watch);
	if (d->tun == NULL)
		return;
	(void)rtnetlink_no_address(d->context->rtnetlink, tun_index(d->tun),
	    d->local, d->remote);
	if (d->named && tun_is_here(d->tun))
		(void)rtnetlink_rename(
		    d->context->rtnetlink, tun_index(d->tun), GONE);
}

/*
 * A persistent interface stays, under its name: it is closed here, so that it
 * can be opened again at once.  Others take the kernel long: the helper's.
 */
static void
release_tun(struct tun_device *d)
{
	if (tun_persists(d->tun))
		close(tun_release(d->tun));
	else
		helper_close(d->context->helper, tun_release(d->tun));
}

void
tun_device_close(struct tun_device *d)
{
	if (d == NULL)
		return;
	if (!d->retired)
		silence_device(d);
	if (d->tun != NULL)
		release_tun(d);
	free(d);
}

void
tun_device_retire(struct tun_device *d)
{
	silence_device(d);
	d->retired = true;
	d->next_reaped = d->context->reaped_devices;
	d->context->reaped_devices = d;
}
