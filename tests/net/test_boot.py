# SPDX-License-Identifier: GPL-2.0-or-later
"""The Debian package under systemd, which boots in namespaces of its own, in
an overlay of this machine; calls go through its daemon.

Only where "make deb" has built it."""
import glob
import json
import os
import subprocess

import pytest

from firewall import MASQUERADE, TOP
from topology import PATIENCE

DEBS = glob.glob(os.path.join(TOP, "build/deb/pptpalg_*.deb"))
SYSTEMD = "/lib/systemd/systemd"
pytestmark = pytest.mark.skipif(
    not DEBS or not os.path.exists(SYSTEMD),
    reason="no package (make deb), or no systemd")

# A cgroup of its own, so that it is the root of what systemd sees.
CAGE = """set -e
mount -t tmpfs none "$1"
mkdir "$1/up" "$1/work" "$1/root" "$1/cgroup"
mount -t cgroup2 none "$1/cgroup"
mkdir "$1/cgroup/$2"
echo $$ >"$1/cgroup/$2/cgroup.procs"
exec unshare -mpf -Cui --kill-child sh -c "$4" - "$1" "$3"
"""
BOOT = """set -e
umount "$1/cgroup"
mount -t overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" none "$1/root"
cp "$2" "$1/root/pptpalg.deb"
cd "$1/root"
for folder in run tmp etc/systemd/system dev; do
	mount -t tmpfs none $folder
done
mkdir dev/pts dev/shm dev/net run/lock
for node in "null 1 3" "zero 1 5" "random 1 8" "urandom 1 9" "tty 5 0" \\
    "net/tun 10 200"; do
	set -- $node
	mknod -m 666 dev/$1 c $2 $3
done
mount -t devpts -o newinstance,ptmxmode=0666 none dev/pts
ln -s pts/ptmx dev/ptmx
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t bpf bpf sys/fs/bpf
mount -t cgroup2 none sys/fs/cgroup
rm -f usr/sbin/policy-rc.d usr/local/bin/systemctl usr/local/sbin/systemctl
: >etc/machine-id
ln -sf /bin/true usr/bin/mandb
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
    chroot . /lib/systemd/systemd --unit=basic.target
"""
CLEAN = """mount -t cgroup2 none "$1" && find "$1/$2" -depth -type d \\
    -exec rmdir {} +"""


class Machine:
    """What systemd has booted, in a network namespace."""

    def __init__(self, ns, folder):
        self.ns, self.folder = ns, str(folder)
        self.cgroup = "pptpalg-boot-%d" % os.getpid()
        self.process = ns.popen("unshare", "-m", "sh", "-c", CAGE, "-",
                                self.folder, self.cgroup, DEBS[0], BOOT,
                                stdin=subprocess.DEVNULL, stderr=-1)

    def up(self, until):
        children = "/proc/%d/task/%d/children" % ((self.process.pid,) * 2)

        def first():
            assert self.process.poll() is None, self.process.stderr.read()
            with open(children) as f:
                pid = f.read().strip()
            if not pid or os.readlink("/proc/%s/exe" % pid) == "/usr/bin/env":
                return None
            self.pid = pid
            return self.run("systemctl", "is-system-running",
                            check=False).stdout == "running\n"
        until(first, "systemd")

    def run(self, *words, check=True):
        return self.ns.run(
            "timeout", str(PATIENCE), "nsenter", "-t", self.pid, "-mpuiCrw",
            "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND=noninteractive", *words, check=check)

    def show(self, unit, name):
        return self.run("systemctl", "show", "-P", name, unit).stdout.strip()

    def journal(self):
        """(priority, message) of the daemon's lines."""
        out = self.run("journalctl", "-u", "pptpalgd", "-o", "json").stdout
        return [(int(row["PRIORITY"]), row["MESSAGE"])
                for row in map(json.loads, out.splitlines())
                if row["SYSLOG_IDENTIFIER"] == "pptpalgd"]

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.ns.run("unshare", "-m", "sh", "-c", CLEAN, "-", self.folder,
                    self.cgroup)


@pytest.fixture
def machine(own, tmp_path):
    fw = own(nat=MASQUERADE)
    machine = Machine(fw.ns, tmp_path)
    try:
        machine.network = fw.network
        machine.up(fw.network.loop.until)
        yield machine
    finally:
        machine.close()


def test_a_life_under_systemd(machine):
    run, until = machine.run, machine.network.loop.until
    run("dpkg", "-i", "/pptpalg.deb")
    assert run("systemctl", "is-enabled", "pptpalgd",
               check=False).stdout == "disabled\n"
    config = "/etc/pptpalg/pptpalg.conf"
    run("sed", "-i", 's/^outside .*/outside = {"out0"}/', config)
    run("systemctl", "enable", "--now", "pptpalg-rules", "pptpalgd")
    assert int(machine.show("pptpalg-rules",
                            "ExecMainExitTimestampMonotonic")) < int(
        machine.show("pptpalgd", "ExecMainStartTimestampMonotonic"))
    status = json.loads(run("pptpalgctl", "--json", "status").stdout)
    assert status["engine"] == "bpf", status
    call = machine.network.connect().start().call(500, 20)
    call.both_ways()

    run("systemctl", "reload", "pptpalgd")
    until(lambda: (6, "configuration %s read again" % config) in
          machine.journal(), "the line in the journal")
    run("sed", "-i", '$alimits { connections = many }', config)
    run("systemctl", "reload", "pptpalgd")
    until(lambda: [line for priority, line in machine.journal()
                   if priority == 3 and line.startswith("reload: ") and
                   "expected a number" in line], "the error in the journal")
    run("sed", "-i", "$d", config)
    call.both_ways()

    # A restart, a crash, and the rules once more end no call.
    run("systemctl", "restart", "pptpalgd")
    call.both_ways()
    former = machine.show("pptpalgd", "MainPID")
    run("kill", "-KILL", former)
    until(lambda: machine.show("pptpalgd", "MainPID") not in (former, "0")
          and machine.show("pptpalgd", "ActiveState") == "active",
          "another daemon")
    run("systemctl", "reload", "pptpalg-rules")
    call.both_ways()
    assert "1 connections with 1 calls restored" in str(machine.journal())

    run("systemctl", "disable", "--now", "pptpalg-rules", "pptpalgd")
    assert "PPTPALG" not in run("sh", "-c", "iptables-save; "
                                "iptables-legacy-save").stdout
    run("dpkg", "-P", "pptpalg")
    assert machine.show("pptpalgd", "LoadState") == "not-found"
