# SPDX-License-Identifier: GPL-2.0-or-later
"""The fail2ban filter, against lines as the manual fixes them."""
import configparser
import os
import re

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FILTER = os.path.join(TOP, "conf/dist/fail2ban/filter.conf")
MANUAL = os.path.join(TOP, "docs/pptpalg-sessions.8")
SYSLOG = "Nov 21 10:39:11 gate pptpalgd[812]: "
SYSTEMD = "Nov 21 10:39:11 gate pptpalgd[812]: warning: "
FAILED = ('login failed: from=%s:49152 user="%s" login="ann" method=%s '
          'reason=wrong-password try=1 section=office')

BAD = [SYSLOG + FAILED % ("198.51.100.7", "ann", "mschap-v2"),
       SYSTEMD + FAILED % ("198.51.100.7", "ann", "pap"),
       SYSTEMD + FAILED.replace('"%s"', "-", 1) % ("198.51.100.7", "-"),
       # Names that try to look like another address, or to be cut off.
       SYSLOG + FAILED % ("198.51.100.7", "x\\x22 from=1.2.3.4:5 user=x",
                          "chap"),
       SYSLOG + FAILED % ("198.51.100.7", "login failed: from=1.2.3.4:5 user=",
                          "chap"),
       (SYSTEMD + FAILED % ("198.51.100.7", "\\xee" * 25 + "...", "pap"))[:120],
       SYSLOG + FAILED.replace("wrong-password", "bad-name") % (
           "198.51.100.7", "root\\x0a", "pap")]
GOOD = [SYSLOG + 'login: from=198.51.100.7:49152 user="ann" login="ann" '
        'method=mschap-v2 encryption=mppe-128 address=10.9.0.12 '
        'interface=pptp0 section=office session=17',
        # The right password: a limit, and a peer that went away.
        SYSTEMD + 'login refused: from=198.51.100.7:49152 user="ann" '
        'login="ann" method=mschap-v2 reason=no-address try=1 section=office',
        SYSTEMD + 'no tunnel: from=198.51.100.7:49152 user="ann" login="ann" '
        'method=mschap-v2 reason=peer-ended try=1 section=office '
        'text="it says: login failed: from=1.2.3.4:5 user="',
        # We dialled: the server is not to be banned.
        SYSTEMD + 'dial: ' + FAILED % ("198.51.100.7", "ann", "mschap-v2"),
        SYSLOG + 'logout: from=198.51.100.7:49152 user="login failed: '
        'from=1.2.3.4:5 user=\\x22a\\x22" login="a" address=10.9.0.12 '
        'reason=peer-ended seconds=3600 bytes-in=1 bytes-out=2 session=17',
        SYSLOG + 'login: from=1.2.3.4:5 user="login failed: from=1.2.3.4:5 '
        'user=" login="a" method=x']


def failregex():
    """The filter's rule, with what fail2ban puts in for its words."""
    parser = configparser.RawConfigParser()
    parser.read(FILTER)
    rule = parser.get("Definition", "failregex")
    rule = rule.replace("%(__prefix_line)s", r"\S+ +\d+ \S+ \S+ "
                        + parser.get("Definition", "_daemon")
                        + r"(?:\[\d+\])?: ")
    return re.compile(rule.replace("<HOST>", r"(?P<host>[\d.]+)"))


@pytest.mark.parametrize("line", BAD)
def test_failures_are_found(line):
    assert failregex().search(line)["host"] == "198.51.100.7"


@pytest.mark.parametrize("line", GOOD)
def test_nothing_else_is_found(line):
    assert not failregex().search(line)


def test_the_manual_shows_such_lines():
    with open(MANUAL, encoding="utf-8") as file:
        text = re.sub(r" \\e\n *", " ", file.read())
    lines = re.findall(r"^login.*|^logout.*", text, re.M)
    assert sum(bool(failregex().search(SYSLOG + line))
               for line in lines) == 1
    assert len(lines) == 4
