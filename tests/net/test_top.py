# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl top: plain text for scripts, and keys on a terminal."""
import os
import pty
import select
import time

import pptp
from firewall import SERVER
from topology import PATIENCE


def test_batch_shows_the_daemon_calls_and_failures(net, fw):
    call = net.connect().start().call(500, 20)
    call.both_ways()
    control = net.connect().start()
    seen = control.new_id(control.client, pptp.ocrq(2))
    control.answer(control.client, 2, seen, 2,
                   lambda own, peer: pptp.ocrp(own, peer, 2, 0))
    control.client.abort()
    net.loop.until(lambda: fw.json("history", "--client", control.client.src,
                                   "--trouble"), "the failure")
    p = fw.ns.run(*fw.ctl_words("top", "-b", "-n", "2", "-d", "0.1"))
    first, second = p.stdout.split("pptpalg ")[1:]
    status = fw.json("status")
    for text in first, second:
        assert text.startswith(status["version"])
        assert "engine " + status["engine"] in text
        assert [row for row in text.splitlines() if row.split()[:3] == [
            str(fw.call(call)["call"]), "up", call.control.client.src]]
        assert [row for row in text.splitlines()
                if control.client.src in row and SERVER in row and
                "reply-refused" in row]


class Terminal:
    """A terminal, on which top runs; what it has written."""

    def __init__(self, fw, *words):
        self.end, other = pty.openpty()
        self.p = fw.ns.popen(*fw.ctl_words("top", *words), stdin=other,
                             stdout=other, stderr=other)
        os.close(other)
        self.text = ""

    def shows(self, what):
        end = time.monotonic() + PATIENCE
        while what not in self.text:
            assert time.monotonic() < end, self.text[-3000:]
            if select.select([self.end], [], [], 0.1)[0]:
                self.text += os.read(self.end, 65536).decode()
        self.text = self.text.partition(what)[2]

    def press(self, keys):
        os.write(self.end, keys.encode())


def test_keys(net, fw):
    call = net.connect().start().call(500, 20)
    number = fw.call(call)["call"]
    terminal = Terminal(fw, "-d", "600")
    terminal.shows("CALL")
    terminal.press(">")
    terminal.shows("sorted by call")
    terminal.press("h")
    terminal.shows("q end")
    terminal.press("k%d\r" % number)
    net.loop.until(lambda: call.control.client.reset, "the reset")
    terminal.shows("call %d cleared" % number)
    terminal.press("q")
    assert terminal.p.wait(PATIENCE) == 0
    os.close(terminal.end)


def test_without_a_terminal_it_says_so(fw):
    p = fw.ctl("top", check=False)
    assert p.returncode == 1 and "top -b" in p.stderr
