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
FAILED = ('login failed: user="%s" from=%s:49152 method=%s '
          'reason=wrong-password try=1 login="ann" section=office')

BAD = [SYSLOG + FAILED % ("ann", "198.51.100.7", "mschap-v2"),
       SYSTEMD + FAILED % ("ann", "198.51.100.7", "pap"),
       SYSTEMD + FAILED.replace('"%s"', "-", 1) % ("198.51.100.7", "-"),
       # Names that try to look like another address.
       SYSLOG + FAILED % ("x\\x22 from=1.2.3.4:5 method=pap reason=x",
                          "198.51.100.7", "chap"),
       SYSLOG + FAILED % ("login failed: user=", "198.51.100.7", "chap")]
GOOD = [SYSLOG + 'login: user="ann" from=198.51.100.7:49152 '
        'method=mschap-v2 encryption=mppe-128 address=10.9.0.12 '
        'interface=pptp0 section=office session=17',
        SYSLOG + 'login refused: user="ann" from=198.51.100.7:49152 '
        'method=mschap-v2 reason=user-full section=office',
        SYSLOG + 'logout: user="login failed: user=\\x22a\\x22 '
        'from=1.2.3.4:5 method=x reason=y" from=198.51.100.7:49152 '
        'address=10.9.0.12 reason=peer-closed seconds=3600 bytes-in=1 '
        'bytes-out=2 session=17',
        SYSLOG + 'login: user="a" from=1.2.3.4:5 login failed: user="a" '
        'from=1.2.3.4:5 method=x reason=y']


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
