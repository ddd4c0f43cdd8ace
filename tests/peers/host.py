# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with programs of its own: a network namespace with one cable, and
processes, /dev, /run, /etc/ppp and a system log that no other host sees."""
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time

from topology import Namespace

PATIENCE = 300                  # seconds, with a busy machine in mind
# pptp finds its call manager by the server's address in /run/pptp, takes its
# call ID from /dev/random, and logs as all do to /dev/log.  The first process
# buries the orphans.  Starting a program takes long in a guest, but not one of
# busybox's own: a shell of its stays to run commands, each from a file.
SETUP = """set -e
mount -t tmpfs run /run
mkdir -p /run/dev/pts /run/lock /run/options /run/ppp /run/pptp /run/tmp
cp -a /dev/null /dev/zero /dev/urandom /dev/tty /dev/ppp /run/dev
ln -s pts/ptmx /run/dev/ptmx
mount --bind /run/dev /dev
mount -t devpts -o newinstance,ptmxmode=0666 pts /dev/pts
mount --bind /run/options /etc/ppp
exec 3<&0
set +e
while read -r number; do
	(. /run/tmp/command.$number) </dev/null 3<&- \\
	    >/run/tmp/output.$number 2>&1
	echo $?
done <&3 &
echo ready
exec >/dev/null 3<&-
while :; do sleep 1000 & wait; done
"""
STAMP = re.compile(rb"^<\d+>(?:\w{3} [ \d]\d [\d:]{8} )?")


class SystemLog:
    """What programs send to a socket: read at once, since they wait."""

    def __init__(self, path):
        self.lines, self.lock = [], threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.done, self.end = os.pipe()
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        while self.done not in select.select([self.socket, self.done], [],
                                             [])[0]:
            self.take()

    def take(self):
        with self.lock:
            try:
                while True:
                    line = self.socket.recv(8192, socket.MSG_DONTWAIT)
                    self.lines.append(STAMP.sub(b"", line.rstrip(b"\0\n")))
            except BlockingIOError:
                pass

    def text(self):
        self.take()
        return b"\n".join(self.lines).decode(errors="replace")

    def close(self):
        os.close(self.end)
        self.thread.join()
        os.close(self.done)
        self.socket.close()


class Host:
    """One host at a wire (a bridge) of the firewall's namespace."""

    def __init__(self, fw, number, wire, address, gateway=None):
        """address: with the length of its prefix."""
        self.fw, self.name = fw, f"host{number}"
        self.port = self.name           # the wire's end of its cable
        self.address = address.split("/")[0]
        self.namespace = Namespace(self.name)
        self.commands = 0               # so many were started
        # Who has the address next has the hardware, too: the firewall knows it.
        hardware = socket.inet_aton(self.address).hex(":")
        fw.ip(f"link add {self.port} type veth peer name eth0 "
              f"address 02:01:{hardware} "
              f"netns /proc/{os.getpid()}/fd/{self.namespace.fd}",
              f"link set {self.port} up master {wire}")
        self.namespace.ip(
            f"addr add {address} dev eth0", "link set eth0 up",
            *[f"route add default via {gateway}"] * bool(gateway))
        self.boot()
        self.system_log = SystemLog(self.path("/dev/log"))

    def boot(self):
        self.init = self.namespace.popen(
            "unshare", "--mount-proc", "--pid", "--fork", "--kill-child=KILL",
            "busybox", "sh", "-c", SETUP, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1,
            env={**os.environ, "TMPDIR": "/run/tmp", "HOME": "/run/tmp",
                 "LC_ALL": "C"})
        line = self.init.stdout.readline()
        assert line == "ready\n", f"{self.name}: {line}"
        with open(f"/proc/{self.init.pid}/task/{self.init.pid}/children",
                  encoding="ascii") as file:
            self.first = int(file.read())

    def path(self, path):
        """Of one of its files, for us."""
        return f"/proc/{self.first}/root{path}"

    def write(self, path, text):
        """For nobody else to read."""
        with open(self.path(path), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text + "\n")

    def write_bytes(self, path, data):
        with open(self.path(path), "wb") as file:
            file.write(data)

    def start(self, command, seconds=PATIENCE):
        """Runs a shell command; finish() has the outcome."""
        self.commands += 1
        self.waiting, self.seconds = command, seconds
        self.write(f"/run/tmp/command.{self.commands}", command)
        self.init.stdin.write(f"{self.commands}\n")

    def finish(self):
        """(exit status, output) of what was started."""
        if not select.select([self.init.stdout], [], [], self.seconds)[0]:
            raise AssertionError(self.report(
                f"{self.seconds} s were not enough to run {self.waiting}",
                self.printed()))
        return int(self.init.stdout.readline()), self.printed()

    def printed(self):
        """By the last command so far."""
        with open(self.path(f"/run/tmp/output.{self.commands}"),
                  encoding="utf-8", errors="replace") as file:
            return file.read()

    def run(self, command, seconds=PATIENCE):
        """Runs a shell command that must succeed; its output."""
        self.start(command, seconds)
        status, output = self.finish()
        assert status == 0, self.report(f"{command}: status {status}", output)
        return output

    def running(self, names):
        """The process IDs of programs whose whole names fit."""
        found = []
        for pid in filter(str.isdigit, os.listdir(self.path("/proc"))):
            try:
                with open(self.path(f"/proc/{pid}/comm"),
                          encoding="utf-8") as file:
                    if re.fullmatch(names, file.read().rstrip("\n")):
                        found.append(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass            # it has just ended
        return found

    def signal(self, name, *pids):
        """Some may have ended."""
        if pids:
            self.run(f"kill -{name} {' '.join(pids)}; true")

    def until_gone(self, names, help_out=lambda: None):
        """Waits for the end of programs."""
        end = time.monotonic() + PATIENCE
        while self.running(names):
            assert time.monotonic() < end, self.report(
                f"{names}: still there after {PATIENCE} s")
            help_out()
            time.sleep(0.05)

    def plug(self, wire):
        """Moves its cable; to no wire at all, when that is None."""
        self.fw.ip(f"link set {self.port} " +
                   (f"master {wire}" if wire else "nomaster"))

    def log(self):
        return self.system_log.text()

    def report(self, what, output=""):
        return (f"{self.name}: {what}\n{output}\n--- last of its log\n"
                + "\n".join(self.log().splitlines()[-60:]))

    def end(self):
        """All its processes end with the first one."""
        os.kill(self.first, signal.SIGKILL)
        self.init.wait()
        self.init.stdin.close()
        self.init.stdout.close()

    def close(self):
        """Its cable is the wire's to take away, before."""
        self.namespace.close()
        self.system_log.close()
