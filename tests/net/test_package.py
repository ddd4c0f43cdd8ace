# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package's life: what its scripts do to a firewall that works.

Only where "make deb" has built it.  dpkg works in an overlay of this machine
(or of a clean root that PPTPALG_ROOT names), with a systemctl that writes down
what it is asked and runs the daemon as systemd would."""
import glob
import os

import pytest

from firewall import MASQUERADE, TOP, Rules, read_line
from test_engine import colliding

DEBS = glob.glob(os.path.join(TOP, "build/deb/pptpalg_*.deb"))
ROOT = os.environ.get("PPTPALG_ROOT", "/")
pytestmark = pytest.mark.skipif(not DEBS, reason="no package: make deb")

SYSTEMCTL = """#!/bin/sh
# Either all units are enabled and run, or none.
while [ "${1#-}" != "$1" ]; do shift; done
echo "$*" >>/run/asked
stop() {
	kill $(cat /run/pid)
	while kill -0 $(cat /run/pid); do sleep 0.1; done 2>/dev/null
}
start() {
	install -d -o pptpalg -m 700 /run/pptpalg
	mkfifo /run/ready 2>/dev/null
	pptpalgd -d -f /etc/pptpalg/pptpalg.conf >/run/ready 2>>/run/log &
	echo $! >/run/pid
	read word </run/ready; [ "$word" = ready ]
}
case "$*" in
*is-enabled*) [ -e /run/enabled ] && echo enabled || echo disabled ;;
*is-active*) [ -e /run/enabled ] ;;
stop*pptpalgd.service*) stop ;;
start*pptpalgd.service*) [ -e /run/pid ] || start ;;
restart*pptpalgd.service*) stop; start ;;
esac
"""
# Runs in namespaces of its own, which end with it; says each step, and waits
# for a line before the next.
SCRIPT = r"""set -e
mount -t tmpfs none "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$3,upperdir=$1/up,workdir=$1/work" none "$1/root"
cd "$1/root"
mount -t tmpfs none run
mkdir -p run/systemd/system run/lock
mount -t tmpfs none etc/systemd/system
mount --bind /dev dev; mount --rbind /sys sys; mount -t proc proc proc
rm -f usr/sbin/policy-rc.d usr/local/bin/systemctl usr/local/sbin/systemctl
printf %s "$4" >run/systemctl; chmod 755 run/systemctl
rm -f bin/systemctl; ln -s /run/systemctl bin/systemctl
# Its trigger reads all manual pages of this machine.
ln -sf /bin/true usr/bin/mandb
cp "$2" run/old.deb
# A later one: only its number differs.
dpkg-deb -R run/old.deb run/new
sed -i 's/^Version: .*/&+later/' run/new/DEBIAN/control
dpkg-deb -Znone -b run/new run/new.deb >/dev/null
step() {
	name=$1
	shift
	: >run/asked
	DEBIAN_FRONTEND=noninteractive timeout 100 chroot . "$@" \
	    >run/out 2>&1 </dev/null ||
	    { cat run/out run/log; exit 1; }
	grep -E "^(start|stop|restart|reload) " run/asked || :
	echo "== $name"
	read next
}
step install dpkg -i /run/old.deb
chroot . getent passwd pptpalg >/dev/null
sed -i 's/^outside .*/outside = {"out0"}/' etc/pptpalg/pptpalg.conf
echo 'inside = {"in1", "in2"}' >>etc/pptpalg/pptpalg.conf
step apply pptpalgctl rules --apply
step start systemctl start pptpalgd.service
touch run/enabled
former=$(cat run/pid)
step upgrade dpkg -i /run/new.deb
chroot . dpkg-query -W -f '${Version}\n' pptpalg | grep -q later
grep -q in2 etc/pptpalg/pptpalg.conf
test "$(cat run/pid)" != "$former"
step remove dpkg -r pptpalg
test -e etc/pptpalg/pptpalg.conf
step purge dpkg -P pptpalg
test ! -e etc/pptpalg
"""


class Life:
    """The script that leads a package through it."""

    def __init__(self, ns, folder):
        self.process = ns.popen(
            "unshare", "-mpf", "--kill-child", "sh", "-c", SCRIPT, "-",
            folder, DEBS[0], ROOT, SYSTEMCTL, stdin=-1, stdout=-1, stderr=-2)

    def step(self, name):
        """Waits for a step's end; what systemctl was asked to do."""
        asked = []
        while (line := read_line(self.process.stdout)) != "== %s\n" % name:
            assert line.endswith("\n"), "".join(asked)
            asked.append(line)
        return asked

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def next(self, name):
        self.go_on()
        return self.step(name)


def test_calls_survive_the_upgrade(own, tmp_path):
    """Nothing is started unasked; an upgrade restarts the daemon, with calls
    that go on, and touches no rules; the admin's file stays until the purge."""
    fw = own(nat=())
    net = fw.network
    nft, legacy = (Rules(fw.ns, variant) for variant in ("nft", "legacy"))
    nft.run("nat", *MASQUERADE)
    life = Life(fw.ns, str(tmp_path))
    assert life.step("install") == []
    life.next("apply")
    life.next("start")
    call, before = colliding(net), (nft.save(), legacy.save())
    call.both_ways()

    upgrade = life.next("upgrade")
    call.both_ways()
    assert (nft.save(), legacy.save()) == before
    assert ["restart"] == [line.split()[0] for line in upgrade
                           if "pptpalgd.service" in line]
    assert not any(line.startswith("stop") for line in upgrade)
    assert all(line.startswith("start") for line in upgrade
               if "pptpalg-rules" in line)
    # Another one on the same connection: the new daemon knows it.
    call.control.call(501, 22).both_ways()

    removed = life.next("remove")
    assert any(line.startswith("stop") and "pptpalgd.service" in line
               for line in removed)
    assert not any(line.startswith("start") for line in life.next("purge"))
    life.go_on()
    assert life.process.wait() == 0, life.process.stdout.read()
