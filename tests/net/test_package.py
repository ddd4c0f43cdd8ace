# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package's life: what its scripts do to a firewall that works.

Only where "make deb" has built it.  dpkg works in an overlay of this machine,
with a systemctl that writes down what it is asked."""
import glob
import os
import subprocess

import pytest

from firewall import TOP

DEBS = glob.glob(os.path.join(TOP, "build/deb/pptpalg_*.deb"))
pytestmark = pytest.mark.skipif(not DEBS, reason="no package: make deb")

SYSTEMCTL = """#!/bin/sh
# Either all units are enabled and run, or none.
echo "$*" >>/run/asked
case "$*" in
*is-enabled*) [ -e /run/enabled ] && echo enabled || echo disabled ;;
*is-active*) [ -e /run/enabled ] ;;
esac
"""
# Runs in a mount namespace of its own, which ends with it.
SCRIPT = r"""set -e
mount -t tmpfs none "$1"
mkdir "$1/up" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" none "$1/root"
cd "$1/root"
mount -t tmpfs none run
mkdir -p run/systemd/system run/lock
mount -t tmpfs none etc/systemd/system
mount --bind /dev dev; mount -t proc proc proc
rm -f usr/sbin/policy-rc.d usr/local/bin/systemctl usr/local/sbin/systemctl
cat >run/systemctl; chmod 755 run/systemctl
rm -f bin/systemctl; ln -s /run/systemctl bin/systemctl
# Its trigger reads all manual pages of this machine.
ln -sf /bin/true usr/bin/mandb
cp "$2" run/new.deb
step() {
	echo "== $1"
	shift
	: >run/asked
	DEBIAN_FRONTEND=noninteractive timeout 100 chroot . "$@" \
	    >run/out 2>&1 </dev/null ||
	    { cat run/out; exit 1; }
	grep -E "^(--[a-z]+ )*(start|stop|restart|reload) " run/asked || :
}
step install dpkg -i /run/new.deb
echo 'outside = {"mine"}' >>etc/pptpalg/pptpalg.conf
touch run/enabled
step upgrade dpkg -i /run/new.deb
grep -c mine etc/pptpalg/pptpalg.conf
step remove dpkg -r pptpalg
step purge dpkg -P pptpalg
test ! -e etc/pptpalg/pptpalg.conf
"""


def test_what_dpkg_asks_of_systemd(tmp_path):
    """Nothing is started unasked, an upgrade restarts and touches no rules,
    the admin's file stays until the purge."""
    p = subprocess.run(
        ["unshare", "-m", "sh", "-c", SCRIPT, "-", str(tmp_path), DEBS[0]],
        input=SYSTEMCTL, capture_output=True, text=True, check=False)
    assert p.returncode == 0, p.stdout + p.stderr
    steps = dict(part.split("\n", 1) for part in p.stdout.split("== ")[1:])
    assert steps["install"] == ""
    upgrade, kept = steps["upgrade"].split()[:-1], steps["upgrade"].split()[-1]
    assert kept == "1"
    assert "restart" in upgrade and "pptpalgd.service" in upgrade
    assert "stop" not in upgrade
    rules = [line for line in steps["upgrade"].splitlines()
             if "pptpalg-rules" in line]
    assert all("start pptpalg-rules" in line and "restart" not in line
               for line in rules)
    assert "stop" in steps["remove"] and "pptpalgd.service" in steps["remove"]
    assert "start" not in steps["purge"]
