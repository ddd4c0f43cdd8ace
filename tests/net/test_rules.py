# SPDX-License-Identifier: GPL-2.0-or-later
"""pptpalgctl rules, as an admin meets it; no daemon runs here."""
import os
import re

import pytest

from topology import Namespace

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
CTL = os.path.join(TOP, os.environ.get("PPTPALG_BUILD", "build"),
                   "pptpalgctl")
ONE = 'outside = {"eth0"}'
MANY = '''outside = {"eth0", "ppp+"}
inside = {"lan0", "wlan+"}
mark = 0x1
queue { control = 5  gre = 6  hairpin = 7 }'''
MARKED = "-m mark --mark 0x40000000/0x40000000"
OTHER = {"legacy": "nft", "nft": "legacy"}
VARIANTS = sorted(OTHER)
ADMIN = """*raw
-A PREROUTING -s 192.0.2.1 -j DROP
COMMIT
*mangle
-A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu
COMMIT
*nat
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
*filter
-N PPTP
-A FORWARD -p tcp --dport 1723 -j PPTP
-A PPTP -j ACCEPT
-A INPUT -m comment --comment PPTPALG-INPUT -j ACCEPT
-A OUTPUT -d 127.0.0.1 -j ACCEPT
-P FORWARD DROP
COMMIT
"""


class Host:
    def __init__(self, folder):
        self.ns = Namespace("host")
        self.file = str(folder / "pptpalg.conf")
        self.configure(ONE)

    def configure(self, text):
        with open(self.file, "w") as f:
            f.write(text + "\n")

    def rules(self, *words, status=0):
        done = self.ns.run(CTL, "rules", "-f", self.file, *words, check=False)
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def iptables(self, variant, rule):
        self.ns.run("iptables-" + variant, "-w", *rule.split())

    def restore(self, variant, text):
        self.ns.run("iptables-%s-restore" % variant, "--noflush", "-w",
                    input=text)

    def save(self, variant, *words):
        """Without the counters of policies: iptables-legacy starts them anew
        whenever a chain changes."""
        out = self.ns.run("iptables-%s-save" % variant, *words).stdout
        return [line.split("[")[0] if line[0] == ":" else line
                for line in out.splitlines() if line[0] != "#"]

    def ours(self, variant):
        return [line for line in self.save(variant) if "-j PPTPALG-" in line
                or line.startswith("-A PPTPALG-")]

    def ping(self):
        self.ns.run("ping", "-c", "1", "-W", "5", "127.0.0.1")


@pytest.fixture
def host(tmp_path):
    host = Host(tmp_path)
    yield host
    host.ns.close()


@pytest.fixture(params=VARIANTS)
def variant(request):
    return request.param


@pytest.fixture
def admin(host, variant):
    """An admin with rules of his own, which have counted packets."""
    host.restore(variant, ADMIN)
    host.ping()
    return host


@pytest.mark.parametrize("config", [ONE, MANY])
def test_text_feeds_iptables_restore(host, variant, config):
    host.configure(config)
    text = host.rules().stdout
    restore = "iptables-%s-restore" % variant
    host.ns.run(restore, "--noflush", "--test", input=text)
    assert host.ours(variant) == []
    host.ns.run(restore, "--noflush", input=text)
    printed = host.save(variant)
    host.rules("--remove")
    host.iptables(variant, "-A INPUT -j ACCEPT")
    host.rules("--apply")
    host.iptables(variant, "-D INPUT -j ACCEPT")
    assert sorted(printed) == sorted(host.save(variant))


def test_text_explains_itself(host):
    text = host.rules().stdout.splitlines()
    assert text[0].startswith("# Firewall rules of pptpalg")
    assert sum(line.startswith("# ") for line in text) > 10


def test_configuration_is_in_the_rules(admin, variant):
    admin.configure(MANY)
    admin.rules("--apply")
    text = "\n".join(admin.ours(variant))
    assert set(re.findall(r"--queue-num (\d+)", text)) == {"5", "6", "7"}
    assert set(re.findall(r"--mark (\S+)", text)) == {"0x1/0x1"}
    for pair in ("-i lan0 -o eth0", "-i wlan+ -o ppp+", "-i ppp+ -o lan0"):
        assert "-A PPTPALG-CONTROL %s -j" % pair in text
    assert "-A PPTPALG-FORWARD -i lan0 -o eth0 -j" in text
    assert not re.findall(
        r"-A PPTPALG-(FORWARD|CONTROL) -[io] \S+ -j", text)


def test_twice_changes_nothing(admin, variant):
    admin.rules("--apply")
    once = admin.save(variant)
    assert admin.ours(variant)
    admin.rules("--apply")
    assert admin.save(variant) == once


def test_another_configuration_replaces_the_first(admin, variant):
    admin.rules("--apply")
    once = admin.save(variant)
    admin.configure(MANY)
    admin.rules("--apply")
    assert not [line for line in admin.ours(variant) if "1724" in line]
    admin.configure(ONE)
    admin.rules("--apply")
    assert admin.save(variant) == once


def test_admins_rules_and_counters_stay(admin, variant):
    def his():
        return [line for line in admin.save(variant, "-c")
                if not re.match(r"(\[\d+:\d+\] -A .* -j |"
                                r"\[\d+:\d+\] -A |:)PPTPALG-", line)
                and MARKED not in line]

    before = his()
    assert [line for line in before if "127.0.0.1/32" in line
            and not line.startswith("[0:0]")]
    for word in "--apply", "--apply", "--remove":
        admin.rules(word)
        assert his() == before


def test_remove_leaves_all_as_it_was(admin, variant):
    for table in "raw", "mangle", "nat", "filter":
        admin.iptables(variant, "-t %s -L" % table)
    before = admin.save(variant, "-c")
    admin.rules("--apply")
    assert admin.save(variant, "-c") != before
    admin.rules("--remove")
    assert admin.save(variant, "-c") == before


def test_remove_needs_no_configuration(admin, variant):
    before = admin.save(variant)
    admin.rules("--apply")
    os.unlink(admin.file)
    admin.rules("--remove")
    assert set(before) <= set(admin.save(variant))
    assert admin.ours(variant) == []


def test_remove_where_nothing_is(host, variant):
    done = host.rules("--remove")
    assert done.stdout + done.stderr == ""
    assert host.save(variant) == []


def test_remove_takes_what_has_our_name(admin, variant):
    """Jumps that the admin made, doubled jumps, chains of other versions."""
    before = admin.save(variant)
    admin.rules("--apply")
    for rule in ("-N PPTPALG-OLD", "-A INPUT -s 192.0.2.9 -j PPTPALG-OLD",
                 "-A PPTPALG-OLD -j PPTPALG-OUTPUT",
                 "-A PPTPALG-DIRECT -j PPTPALG-OUTPUT",
                 "-I OUTPUT -j PPTPALG-OUTPUT"):
        admin.iptables(variant, rule)
    admin.rules("--remove")
    left = admin.save(variant)
    assert set(before) <= set(left)
    assert not [line for line in left if "-j PPTPALG" in line or
                ":PPTPALG" in line]


def test_apply_clears_chains_of_other_versions(admin, variant):
    admin.rules("--apply")
    once = admin.save(variant)
    for rule in ("-N PPTPALG-OLD", "-A INPUT -s 192.0.2.9 -j PPTPALG-OLD",
                 "-A PPTPALG-OUTPUT -j PPTPALG-OLD",
                 "-t mangle -A FORWARD -j PPTPALG-FORWARD"):
        admin.iptables(variant, rule)
    admin.rules("--apply")
    assert admin.save(variant) == once


def test_ours_come_first_but_stay_where_the_admin_has_them(admin, variant):
    """Jumps, and what stands in a built-in chain itself."""
    def chains():
        return [[line for line in admin.save(variant, "-t", table)
                 if line.startswith("-A " + chain)]
                for table, chain in (("filter", "FORWARD"),
                                     ("filter", "OUTPUT"))]

    admin.rules("--apply")
    forward, output = chains()
    assert forward[:2] == ["-A FORWARD -p gre %s -j ACCEPT" % MARKED,
                           "-A FORWARD -p icmp %s -j ACCEPT" % MARKED]
    assert output[0] == "-A OUTPUT -j PPTPALG-OUTPUT"
    for chain in "FORWARD", "OUTPUT":
        admin.iptables(variant, "-I %s -s 192.0.2.7 -j DROP" % chain)
    before = chains()
    admin.rules("--apply")
    assert chains() == before


def test_admins_rules_like_ours_stay(admin, variant):
    """Those in built-in chains are known by a chain of ours: not by what
    they say."""
    his = "-A FORWARD -p gre -m mark --mark 0x20000000/0x20000000 -j ACCEPT"
    admin.iptables(variant, his)
    before = admin.save(variant)
    admin.rules("--apply")
    admin.configure(ONE + "\nmark = 0x10")
    admin.rules("--apply")
    text = "\n".join(admin.save(variant))
    assert his in text and MARKED not in text
    admin.rules("--remove")
    assert set(before) <= set(admin.save(variant))
    assert not [line for line in admin.save(variant) if "0x10/" in line]


FORMER = """
*raw
:PPTPALG-PREROUTING - [0:0]
:PPTPALG-NEW - [0:0]
-A PPTPALG-PREROUTING %s -g PPTPALG-NEW
-I PREROUTING -j PPTPALG-PREROUTING
COMMIT
*filter
:PPTPALG-FORWARD - [0:0]
-A PPTPALG-FORWARD -p gre %s -j ACCEPT
-I FORWARD -j PPTPALG-FORWARD
COMMIT
""" % (MARKED.replace("--mark", "! --mark"), MARKED)


def test_rules_of_the_former_version_are_replaced(admin, variant):
    admin.rules("--apply")
    right = admin.save(variant)
    admin.rules("--remove")
    admin.restore(variant, FORMER)
    admin.rules("--apply")
    assert sorted(admin.save(variant)) == sorted(right)


def test_the_variant_in_use_is_taken(admin, variant):
    admin.rules("--apply")
    assert admin.ours(variant)
    assert admin.save(OTHER[variant]) == []


def test_both_variants_in_use(admin, variant):
    """Rules go where ours are; removal finds them there."""
    admin.rules("--apply")
    once = admin.ours(variant)
    other = OTHER[variant]
    admin.restore(other, ADMIN)
    admin.configure(MANY)
    assert admin.rules("--apply").stderr == ""
    assert admin.ours(variant) != once
    assert admin.ours(other) == []
    admin.rules("--remove")
    assert admin.ours(variant) == []


def test_both_variants_in_use_and_no_rules_yet(host):
    for variant in VARIANTS:
        host.iptables(variant, "-A INPUT -s 192.0.2.1 -j DROP")
    done = host.rules("--apply")
    assert "both iptables-legacy and iptables-nft" in done.stderr
    assert sum(bool(host.ours(variant)) for variant in VARIANTS) == 1


def test_no_variant_in_use(host):
    host.rules("--apply")
    assert sum(bool(host.ours(variant)) for variant in VARIANTS) == 1


def test_wrong_usage(host):
    for words in (("--apply", "--remove"), ("--frobnicate",), ("what",),
                  ("--apply", "--apply")):
        done = host.rules(*words, status=2)
        assert "try pptpalgctl rules -h" in done.stderr
        assert done.stdout == ""
    assert "--apply" in host.rules("-h").stdout


def test_wrong_configuration(admin, variant):
    admin.configure("\noutside = 5\nmark = 3")
    for words in (), ("--nft",), ("--apply",):
        done = admin.rules(*words, status=2)
        assert "%s:3: mark: expected" % admin.file in done.stderr
        assert done.stdout == ""
    os.unlink(admin.file)
    assert admin.file + ": No such file" in admin.rules(status=2).stderr
    assert admin.ours(variant) == []


def test_without_privilege(admin, variant):
    admin.rules("--apply")
    before = admin.save(variant)
    os.chmod(os.path.dirname(admin.file), 0o755)
    for words in ("--apply",), ("--nft", "--apply"), ("--nft", "--remove"):
        done = admin.ns.run("setpriv", "--bounding-set=-all", "--inh-caps=-all",
                            CTL, "rules", "-f", admin.file, *words,
                            check=False)
        assert done.returncode == 1, words
        assert "nothing was changed" in done.stderr
    assert admin.save(variant) == before


def test_without_iptables(host):
    done = host.ns.run("env", "PATH=/nowhere", CTL, "rules", "-f", host.file,
                       check=False)
    assert done.returncode == 0
    assert "*raw" in done.stdout


# --- nftables --------------------------------------------------------------

def queue_works(host):
    """Has this kernel nftables' own queue statement?"""
    trial = "table ip trial { chain c { queue num 1; }; }"
    return host.ns.run("nft", "-c", "-f", "-", input=trial,
                       check=False).returncode == 0


def without_queue(script):
    """The script for kernels that lack it: counted instead of queued."""
    return re.sub(r"queue num (\d+)(?: bypass)?",
                  r'counter accept comment "queue \1"', script)


@pytest.mark.parametrize("config", [ONE, MANY])
def test_nft_script(host, config):
    host.configure(config)
    script = host.rules("--nft").stdout
    assert "queue num %d" % (1724 if config == ONE else 6) in script
    if not queue_works(host):
        script = without_queue(script)
    for _ in range(2):
        host.ns.run("nft", "-f", "-", input=script)
    listed = host.ns.run("nft", "list", "table", "ip", "pptpalg").stdout
    host.ns.run("nft", "-f", "-", input=script)
    assert host.ns.run("nft", "list", "table", "ip",
                       "pptpalg").stdout == listed
    for name in re.findall(r'"([a-z0-9]+)\+?"', config):
        assert 'ifname "%s' % name in listed


def test_nft_apply_and_remove(host):
    host.ns.run("nft", "add", "table", "ip", "mine")
    mine = host.ns.run("nft", "list", "ruleset").stdout
    works = queue_works(host)
    for _ in range(2):
        done = host.rules("--nft", "--apply", status=0 if works else 1)
        assert works or "nothing was changed" in done.stderr
        listed = host.ns.run("nft", "list", "tables").stdout
        assert ("table ip pptpalg" in listed) == works
    for _ in range(2):
        host.rules("--nft", "--remove")
        assert host.ns.run("nft", "list", "ruleset").stdout == mine
