# SPDX-License-Identifier: GPL-2.0-or-later
"""Real PPTP peers in guests around one firewall.

    guests -- in0 10.77.0.1 [fw] out0 203.0.113.1 -- guests

Both networks are bridges in the firewall's namespace; a guest is plugged
into one of them by its cable (a tap device).  Guests outside have no route
to 10.77.0.0/24: what leaves untranslated is never answered.
"""
import os
import re
import shutil

from guest import Guest
from topology import Namespace, bridge

PROGRAMS = {"linux.uml": "user-mode-linux", "modprobe": "kmod",
            "pppd": "ppp", "pptpd": "pptpd", "pptp": "pptp-linux",
            "ip": "iproute2", "ethtool": "ethtool", "iperf3": "iperf3",
            "iptables-legacy": "iptables", "unshare": "util-linux",
            "ping": "iputils-ping"}
INSIDE, OUTSIDE = "10.77.0.%d/24", "203.0.113.%d/24"
GATEWAY, PUBLIC = "10.77.0.1", "203.0.113.1"
# What a firewall admin has before pptpalg: clients inside are masqueraded,
# and port 1723 of the public address belongs to a server inside.
NAT = ("-A POSTROUTING -o out0 -j MASQUERADE",
       f"-A PREROUTING -i out0 -d {PUBLIC} -p tcp --dport 1723 "
       "-j DNAT --to-destination 10.77.0.10")

MTU = 1400
SERVER = "10.99.0.1"            # its address in the tunnels
BARE = f"""debug
asyncmap 0
lock
mtu {MTU}
mru {MTU}
nodefaultroute
child-timeout 1
"""
COMMON = BARE + """nobsdcomp
nodeflate
novj
novjccomp
noipv6
"""
# What pppd offers when nobody tells it not to, and more.
EAGER = BARE + """bsdcomp 15
deflate 15
predictor1
+ipv6
"""
# All at once (more are too many for pppd's device); then it waits as long as
# its interval for those that are missing.
PING = ("ping", "-n", "-q", "-c", "3", "-l", "3", "-i", "3", "-W", "3", "-s",
        str(MTU - 28))
WAKE = "ping", "-n", "-q", "-b", "-i", "0.3"
# pptp renames its processes, "pptp: call manager" and so on.
PEERS = "pppd|pptp.*"
GONE_SECONDS = 20
METHODS = "pap", "chap", "mschap", "mschap-v2", "eap"
PPTPD = f"""option /etc/ppp/options.pptpd
localip {SERVER}
remoteip 10.99.0.10-99
"""


def lacking():
    """Why there can be no guests here, or an empty string."""
    if os.geteuid() != 0:
        return "needs root"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = sorted({package for program, package in PROGRAMS.items()
                      if not shutil.which(program, path=path)})
    return "missing packages: " + " ".join(missing) if missing else ""


class Network:
    """The firewall's namespace and its two bridges; the guests boot once
    and are plugged in where a test wants them."""

    def __init__(self, guests):
        self.fw = Namespace("fw")
        for name, address in ("in0", GATEWAY), ("out0", PUBLIC):
            bridge(self.fw, name)
            self.fw.run("ip", "addr", "add", f"{address}/24", "dev", name)
        self.fw.set("net/ipv4/ip_forward", 1)
        # Now and then a guest sleeps over a frame until the next one comes.
        self.wakers = [self.fw.popen(*WAKE, address.replace("%d/24", "255"),
                                     stdout=-3, stderr=-3)
                       for address in (INSIDE, OUTSIDE)]
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
        guest.plug("in0", INSIDE % number, GATEWAY)

    def plug_out(self, guest, number):
        guest.plug("out0", OUTSIDE % number)

    def quiet(self):
        """Ends whatever a test has left running, so that the next one
        finds guests that do nothing."""
        names = PEERS + "|iperf3|ping"
        self.everywhere(f"pkill -KILL -x '{names}'; " + until_gone(names))

    def close(self):
        for guest in self.guests:
            guest.close()
        for waker in self.wakers:
            waker.kill()
            waker.wait()
        self.fw.close()


def quoted(word):
    """As pppd reads it in its files."""
    return '"%s"' % word.replace("\\", "\\\\")


def options(auth, mppe, authenticator, user="test", common=COMMON):
    """pppd's options; both ends insist on this method and encryption."""
    lines = [f"{'nomppe' if mppe == 'none' else f'require-mppe-{mppe}'}"]
    lines += [f"refuse-{method}" for method in METHODS if method != auth]
    lines += [f"require-{auth}", "auth", "name pptpd"] if authenticator \
        else ["noauth", f"name {quoted(user)}", "remotename pptpd"]
    return common + "\n".join(lines)


def until_listening(port):
    """A shell command: waits until the last job listens on a port."""
    return (f"until grep -q ':{port:04X} 00000000:0000 0A' /proc/net/tcp; "
            "do kill -0 $! || exit 1; sleep 0.05; done")


def until_gone(names):
    """A shell command: waits for the end of programs; shows what is left.
    Two signals at once make pptp call exit() within exit(), for ever: one
    that has closed its terminal is helped out."""
    return (f"end=$(($(date +%s) + {GONE_SECONDS})); "
            f"while pgrep -x '{names}' >/dev/null; do sleep 0.1; "
            "for pid in $(pgrep -x pptpgw); do "
            "[ -L /proc/$pid/fd/0 ] || kill -KILL $pid; done; "
            "if [ $(date +%s) -gt $end ]; then "
            "ps axo pid,ppid,stat,wchan:20,args; exit 1; fi; done")


class Peer:
    """What server and client have in common."""

    def __init__(self, guest, user="test", password="secret", **files):
        """files: what else is to be in /etc/ppp."""
        self.guest = guest
        self.seen = len(guest.log())
        secrets = f"{quoted(user)} * {password} *"
        files = {"options": "", "chap-secrets": secrets,
                 "pap-secrets": secrets, **files}
        guest.run("cd /etc/ppp && umask 077\n" + "\n".join(
            f"cat >{name} <<'END'\n{text}\nEND"
            for name, text in files.items()))

    def log(self):
        """What the guest has logged since this peer came to be."""
        return self.guest.log()[self.seen:]


class Server(Peer):
    """Debian's pptpd with pppd; in its tunnels 10.99.NETWORK.1."""

    def __init__(self, guest, auth="mschap-v2", mppe="128", user="test",
                 network=0, common=COMMON):
        ours = f"10.99.{network}."
        super().__init__(guest, user, **{
            "pptpd.conf": PPTPD.replace("10.99.0.", ours),
            "options.pptpd": options(auth, mppe, True, common=common)})
        self.address = ours + "1"
        self.start()

    def start(self):
        self.guest.run("pptpd --fg --debug --conf /etc/ppp/pptpd.conf "
                       "</dev/null >/dev/null 2>&1 & "
                       "echo $! >/run/pptpd.pid; " + until_listening(1723))

    def kill(self):
        """Without a word of PPP or PPTP to anybody."""
        self.guest.run(f"pkill -KILL -x '{PEERS}'; " + until_gone(PEERS))

    def sessions(self):
        """How many pppd are running."""
        return int(self.guest.run("pgrep -xc pppd || true"))

    def poke(self, address):
        """Sends GRE to a client that need not answer."""
        self.guest.run(f"ping -n -q -c 20 -i 0.05 -W 1 {address}; true")

    def receive(self, port):
        """Takes what one client sends."""
        self.guest.run(f"iperf3 -s -1 -p {port} >/dev/null 2>&1 & "
                       + until_listening(port))

    def stop(self):
        self.guest.run("kill $(cat /run/pptpd.pid); pkill -x pppd; "
                       + until_gone("pppd|pptpctrl|pptpd"))


class Client(Peer):
    """Debian's pptp-linux with pppd, with a call ID of the test's choice."""

    def __init__(self, guest, call_id=0, auth="mschap-v2", mppe="128",
                 user="test", password="secret", common=COMMON):
        super().__init__(guest, user, password, **{
            "options.client": options(auth, mppe, False, user, common)})
        # pptp takes its call ID from there.
        low, high = call_id & 255, call_id >> 8
        guest.run("rm -f /dev/random && "
                  f"printf '\\{low:03o}\\{high:03o}' >/dev/random")

    def dial(self, server):
        """Starts to log in; up() waits until that is done."""
        self.guest.start(f"pppd pty 'pptp {server} --nolaunchpppd' updetach "
                         "file /etc/ppp/options.client", 40)

    def up(self):
        status, output = self.guest.finish()
        assert status == 0, self.guest.report(
            f"no tunnel, pppd ended with {status}", output)

    def encrypted(self):
        return "MPPE 128-bit stateless compression enabled" in self.log()

    def ping(self, address):
        """Starts to ping the server with packets as large as the tunnel
        takes; see lost()."""
        self.guest.start(" ".join(PING) + " " + address)

    def lost(self):
        """How many pings in a hundred were not answered, and ping's words."""
        _, output = self.guest.finish()
        words = output.replace("%", " %").split()
        assert "%" in words, self.guest.report("no pings", output)
        return float(words[words.index("%") - 1]), output

    def send(self, port):
        """Starts to send the server a megabyte; see sent()."""
        self.guest.start(f"iperf3 -c {SERVER} -p {port} -n 1M")

    def sent(self):
        status, output = self.guest.finish()
        assert status == 0, self.guest.report("iperf3 failed", output)

    def tunnel_address(self):
        return self.log().split("local  IP address ")[-1].split()[0]

    def go_deaf(self):
        """Its GRE process dies while its control connection stays: from
        then on its host refuses GRE with ICMP errors."""
        gre, manager = (re.findall(rf"pptp\[(\d+)\]: anon log\[{who}:",
                                   self.log())[-1]
                        for who in ("main", "ctrlp_rep"))
        self.guest.run(f"kill -STOP {manager} && kill -KILL {gre}")
        self.manager = manager

    def die(self):
        self.guest.run(f"kill -KILL {self.manager}")

    def start_to_hang_up(self):
        """Ends the call as an admin would; see hang_up()."""
        self.guest.start("kill -TERM $(cat /run/ppp0.pid); "
                         + until_gone("pppd|pptp"))

    def until_gone(self):
        """Waits for the end of a tunnel that the server has ended."""
        self.guest.run(until_gone("pppd|pptp"))


def ping(*clients, to=SERVER):
    """All at once; none is lost."""
    for client in clients:
        client.ping(to)
    for client in clients:
        lost, output = client.lost()
        assert lost == 0, output


def hang_up(*clients):
    """All at once."""
    for client in clients:
        client.start_to_hang_up()
    for client in clients:
        client.guest.finish()
