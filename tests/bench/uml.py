# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests: user-mode-linux on this machine's own file system, read-only, so
whatever is installed here runs there, with a kernel that has PPP.  What a
whole host costs, kernel and all, is the time of a guest's processes."""
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(1, os.path.join(os.path.dirname(__file__), "..", "peers"))
import laboratory  # noqa: E402
import peer  # noqa: E402
from topology import Namespace, bridge  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BOOT_SECONDS, BOOTS = 120, 4
PROGRAMS = {"linux.uml": "user-mode-linux", "modprobe": "kmod",
            "pppd": "ppp", "pptpd": "pptpd", "pptp": "pptp-linux",
            "ip": "iproute2", "ethtool": "ethtool", "iperf3": "iperf3",
            "iptables-legacy": "iptables", "unshare": "util-linux",
            "ping": "iputils-ping"}
WAKE = "ping", "-n", "-q", "-b", "-i", "0.3"


class Silence(AssertionError):
    """A guest does not answer any more."""


class Guest:
    """One guest with one network interface, vec0, on the tap device TAP of
    the namespace it runs in.  boot() starts it, ready() waits for it."""

    def __init__(self, namespace, name):
        self.namespace, self.name, self.tap = namespace, name, name
        self.folder = tempfile.mkdtemp(prefix=f"pptpalg-{name}-")
        self.process = None
        self.plug_tap()
        self.waiting = ""       # for the answer to this command
        self.plugged = None     # bridge, address
        self.silent = False     # it did not answer, and will not

    def plug_tap(self):
        self.namespace.run("ip", "tuntap", "add", "dev", self.tap, "mode",
                           "tap")
        self.namespace.run("ip", "link", "set", self.tap, "up")

    def boot(self):
        self.answers = b""
        to_guest, self.requests = os.pipe()
        self.replies, from_guest = os.pipe()
        # A PID namespace: no process of the guest outlives its first one.
        with open(self.console, "wb") as console:
            self.process = self.namespace.popen(
                "unshare", "--pid", "--fork", "--kill-child=KILL",
                "linux.uml", "mem=64M", "root=/dev/root", "rootfstype=hostfs",
                "rootflags=/", "ro", f"init={HERE}/uml_init", "quiet",
                "loglevel=1", f"uml_dir={self.folder}", "umid=guest",
                "con=null", "con0=null,fd:1",
                f"con1=fd:{to_guest},fd:{from_guest}",
                f"vec0:transport=tap,ifname={self.tap}",
                stdin=subprocess.DEVNULL, stdout=console,
                stderr=subprocess.STDOUT, pass_fds=(to_guest, from_guest))
        os.close(to_guest)
        os.close(from_guest)
        return self

    @property
    def console(self):
        return os.path.join(self.folder, "console")

    def ready(self):
        """One boot in some thirty comes up without the kernel's crypto,
        and so without MPPE, and now and then one does not come up at all:
        then it boots again."""
        for _ in range(BOOTS):
            try:
                if self.answer(BOOT_SECONDS, "to boot")["status"] == 0:
                    return
                problem = self.report("comes up without PPP modules")
            except Silence as silence:
                problem = str(silence)
            self.power_off()
            self.boot()
        raise AssertionError(problem)

    def plug(self, bridge, address, gateway=None):
        """Moves its cable to a bridge of the namespace, and its address."""
        if (bridge, address) == self.plugged:
            return
        self.plugged = bridge, address
        self.namespace.run("ip", "link", "set", self.tap, "master", bridge)
        self.run("ip addr flush dev vec0 scope global; "
                 f"ip addr add {address} dev vec0")
        if gateway:
            self.run(f"ip route replace default via {gateway}")
        self.address = address.split("/")[0]

    def start(self, command, seconds=30):
        """Asks it to run a shell command; finish() has the outcome."""
        request = json.dumps({"run": command, "seconds": seconds}) + "\n"
        try:
            os.write(self.requests, request.encode())
        except BrokenPipeError:
            raise self.silence(f"died before {command}") from None
        self.waiting, self.seconds = command, seconds

    def finish(self):
        """(exit status, output) of what was started."""
        reply = self.answer(self.seconds + 10, f"to run {self.waiting}")
        self.waiting = ""
        return reply["status"], reply["output"]

    def settle(self):
        """Waits for an answer that nobody has asked for."""
        if self.waiting:
            self.finish()

    def run(self, command, seconds=30):
        """Runs a shell command that must succeed; its output."""
        self.start(command, seconds)
        status, output = self.finish()
        assert status == 0, self.report(f"{command}: status {status}", output)
        return output

    def write(self, path, text):
        self.run(f"umask 077; cat >{path} <<'END'\n{text}\nEND")

    def write_bytes(self, path, data):
        """Into a new file, also in the place of a device."""
        octal = "".join(f"\\{byte:03o}" for byte in data)
        self.run(f"rm -f {path} && printf '{octal}' >{path}")

    def answer(self, seconds, what):
        end = time.monotonic() + seconds
        while b"\n" not in self.answers:
            left = end - time.monotonic()
            if left < 0 or not select.select([self.replies], [], [], left)[0]:
                raise self.silence(f"{seconds} s were not enough {what}")
            piece = os.read(self.replies, 65536)
            if not piece:
                raise self.silence(f"died asked {what}")
            self.answers += piece
        line, self.answers = self.answers.split(b"\n", 1)
        return json.loads(line)

    def log(self):
        with open(self.console, encoding="utf-8", errors="replace") as file:
            return file.read()

    def report(self, what, output=""):
        return (f"guest {self.name}: {what}\n{output}\n--- last of its log\n"
                + "\n".join(self.log().splitlines()[-60:]))

    def silence(self, what):
        self.silent = True
        return Silence(self.report(what))

    def power_off(self):
        """All its processes are gone afterwards."""
        if not self.process:
            return
        os.close(self.requests)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.replies)
        self.process = None

    def revive(self):
        """Boots again where it has died."""
        if not self.silent:
            return
        self.power_off()
        self.waiting, self.plugged, self.silent = "", None, False
        self.boot().ready()

    def close(self):
        self.power_off()
        shutil.rmtree(self.folder)


class Network:
    """The firewall's namespace and its two bridges; the guests boot once
    and are plugged in where a test wants them."""

    def __init__(self, guests):
        self.fw = Namespace("fw")
        for name, address in (("in0", laboratory.GATEWAY),
                              ("out0", laboratory.PUBLIC)):
            bridge(self.fw, name)
            self.fw.run("ip", "addr", "add", f"{address}/24", "dev", name)
        self.fw.set("net/ipv4/ip_forward", 1)
        # Now and then a guest sleeps over a frame until the next one comes.
        self.wakers = [self.fw.popen(*WAKE, address.replace("%d/24", "255"),
                                     stdout=-3, stderr=-3)
                       for address in (laboratory.INSIDE, laboratory.OUTSIDE)]
        self.guests = []
        try:
            for number in range(guests):
                self.guests.append(Guest(self.fw, f"guest{number}").boot())
            for guest in self.guests:
                guest.ready()
        except BaseException:
            self.close()
            raise

    def everywhere(self, command):
        """Runs it in all guests at once."""
        for guest in self.guests:
            guest.settle()
            guest.start(command)
        for guest in self.guests:
            guest.finish()

    def plug_in(self, guest, number):
        guest.plug("in0", laboratory.INSIDE % number, laboratory.GATEWAY)

    def plug_out(self, guest, number):
        guest.plug("out0", laboratory.OUTSIDE % number)

    def quiet(self):
        """Ends whatever a test has left running, so that the next one
        finds guests that do nothing."""
        names = peer.PEERS + "|iperf3|ping"
        self.everywhere(f"pkill -KILL -x '{names}'; while pgrep -x '{names}' "
                        ">/dev/null; do sleep 0.1; done")

    def close(self):
        for guest in self.guests:
            guest.close()
        for waker in self.wakers:
            waker.kill()
            waker.wait()
        self.fw.close()
