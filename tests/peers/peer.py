# SPDX-License-Identifier: GPL-2.0-or-later
"""Real PPTP peers, that this project did not write: Debian's pptpd, pptp-linux
and pppd, on a host (host.py) or something else that can run, start, finish,
write, write_bytes, log and report."""
import os
import re

MTU = 1400
SERVER = "10.99.0.1"            # its address in the tunnels
BARE = f"""debug
asyncmap 0
lock
mtu {MTU}
mru {MTU}
nodefaultroute
child-timeout 1
lcp-max-configure 60
ipcp-max-configure 60
chap-max-challenge 60
pap-max-authreq 60
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
# All at once (more are too many for pppd's device); it ends when all are
# answered.
PING = ("/bin/ping", "-n", "-q", "-c", "3", "-l", "3", "-i", "60", "-w", "60",
        "-s", str(MTU - 28))
# pptp renames its processes, "pptp: call manager" and so on.
PEERS = "pppd|pptp.*"
METHODS = "pap", "chap", "mschap", "mschap-v2", "eap"
PPTPD = f"""option /etc/ppp/options.pptpd
stimeout 60
localip {SERVER}
remoteip 10.99.0.10-99
"""


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


class Peer:
    """What server and client have in common."""

    def __init__(self, host, user="test", password="secret", **files):
        """files: what else is to be in /etc/ppp."""
        self.host = host
        self.seen = len(host.log())
        secrets = f"{quoted(user)} * {password} *"
        files = {"options": "", "chap-secrets": secrets,
                 "pap-secrets": secrets, **files}
        for name, text in files.items():
            host.write("/etc/ppp/" + name, text)

    def log(self):
        """What the host has logged since this peer came to be."""
        return self.host.log()[self.seen:]


class Server(Peer):
    """Debian's pptpd with pppd; in its tunnels 10.99.NETWORK.1."""

    def __init__(self, host, auth="mschap-v2", mppe="128", user="test",
                 network=0, common=COMMON):
        ours = f"10.99.{network}."
        super().__init__(host, user, **{
            "pptpd.conf": PPTPD.replace("10.99.0.", ours),
            "options.pptpd": options(auth, mppe, True, common=common)})
        self.address = ours + "1"
        self.start()

    def start(self):
        self.host.run("pptpd --fg --debug --conf /etc/ppp/pptpd.conf "
                      "</dev/null >/dev/null 2>&1 & "
                      "echo $! >/run/pptpd.pid; " + until_listening(1723))

    def kill(self):
        """Without a word of PPP or PPTP to anybody."""
        self.host.signal("KILL", *self.host.running(PEERS))
        self.host.until_gone(PEERS)

    def sessions(self):
        """How many pppd are running."""
        return len(self.host.running("pppd"))

    def poke(self, address):
        """Sends GRE to a client that need not answer."""
        self.host.run(f"/bin/ping -n -q -c 20 -i 0.05 -W 1 {address}; true")

    def receive(self, port):
        """Takes what one client sends."""
        self.host.run(f"iperf3 -4 -s -1 -p {port} >/dev/null 2>&1 & "
                      + until_listening(port))

    def stop(self):
        self.host.signal("TERM", *self.host.running("pppd|pptpd"))
        self.host.until_gone("pppd|pptpctrl|pptpd")


class Client(Peer):
    """Debian's pptp-linux with pppd, with a call ID of the test's choice."""

    def __init__(self, host, call_id=0, auth="mschap-v2", mppe="128",
                 user="test", password="secret", common=COMMON):
        super().__init__(host, user, password, **{
            "options.client": options(auth, mppe, False, user, common)})
        # pptp takes its call ID from there.
        host.write_bytes("/dev/random", call_id.to_bytes(2, "little"))

    def dial(self, server, more=""):
        """Starts to log in, with more options of pptp; up() waits until that
        is done."""
        self.host.start(f"pppd pty 'pptp {server} --nolaunchpppd {more}' "
                        "updetach file /etc/ppp/options.client")

    def up(self):
        status, output = self.host.finish()
        assert status == 0, self.host.report(
            f"no tunnel, pppd ended with {status}", output)

    def encrypted(self):
        return "MPPE 128-bit stateless compression enabled" in self.log()

    def ping(self, address):
        """Starts to ping the server with packets as large as the tunnel
        takes; see lost()."""
        self.host.start(" ".join(PING) + " " + address)

    def lost(self):
        """How many pings in a hundred were not answered, and ping's words."""
        _, output = self.host.finish()
        words = output.replace("%", " %").split()
        assert "%" in words, self.host.report("no pings", output)
        return float(words[words.index("%") - 1]), output

    def send(self, port):
        """Starts to send the server something; see sent()."""
        self.host.start(f"iperf3 -c {SERVER} -p {port} -n 256K")

    def sent(self):
        status, output = self.host.finish()
        assert status == 0, self.host.report("iperf3 failed", output)

    def tunnel_address(self):
        return self.log().split("local  IP address ")[-1].split()[0]

    def go_deaf(self):
        """Its GRE process dies while its control connection stays: from
        then on its host refuses GRE with ICMP errors."""
        gre, manager = (re.findall(rf"pptp\[(\d+)\]: anon log\[{who}:",
                                   self.log())[-1]
                        for who in ("main", "ctrlp_rep"))
        self.host.run(f"kill -STOP {manager} && kill -KILL {gre}")
        self.manager = manager

    def die(self):
        self.host.run(f"kill -KILL {self.manager}")

    def start_to_hang_up(self):
        """Ends the call as an admin would; see until_gone()."""
        self.host.run("kill -TERM $(cat /run/ppp0.pid)")

    def until_gone(self):
        """Waits for the end of the tunnel.  Two signals at once make pptp call
        exit() within exit(), for ever: one that has closed its terminal is
        helped out."""
        self.host.until_gone("pppd|pptp", self.help_out)

    def help_out(self):
        self.host.signal("KILL", *[
            pid for pid in self.host.running("pptpgw")
            if not os.path.lexists(self.host.path(f"/proc/{pid}/fd/0"))])


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
        client.until_gone()
