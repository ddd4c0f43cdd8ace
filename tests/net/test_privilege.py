# SPDX-License-Identifier: GPL-2.0-or-later
"""Who the processes of a daemon are, and what the admin has to do for it.

What they cannot do any more is tried in tests/unit/nat/base/test_privilege.c.
"""
import os
import re
import shutil
import subprocess

import pytest

import firewall
from firewall import CTL, DAEMON, read_line
from test_daemon import fails

NOBODY = "65534"
PACKAGED = "7325"       # the user that the packages make, as here in tests
# net_admin, net_raw, bpf
KEPT = 1 << 12 | 1 << 13 | 1 << 39


def status(pid):
    """What /proc says of it, by the word of each line."""
    with open("/proc/%s/status" % pid, encoding="utf-8") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f)


def launch(fw, *before):
    with open(fw.log_file, "a", encoding="utf-8") as log:
        fw.daemon = fw.ns.popen(*before, DAEMON, "-f", fw.config_file, "-d",
                                stdout=-1, stderr=log)
    fw.log = open(os.devnull, encoding="utf-8")
    assert read_line(fw.daemon.stdout) == "ready\n", fw.log_text()
    return status(fw.daemon.pid)


def test_serving_process(own):
    """A name that is wrong ends it; root that may not become another user stays
    root, and says so; else it is the user that the configuration names, with
    three capabilities at most, none of which a program would get."""
    fw = own()
    fw.configure('user = "no-such-user"')
    assert "user no-such-user: there is none" in fails(
        fw, "-f", fw.config_file, "-d", status=1)
    fw.configure('user = "nobody"')
    now = launch(fw, "setpriv", "--bounding-set", "-all,+net_admin,+net_raw")
    assert now["Uid"].split() == ["0"] * 4
    assert "the daemon stays root" in fw.log_text()
    fw.stop()
    now = launch(fw)
    assert now["Uid"].split() == now["Gid"].split() == [NOBODY] * 4
    assert now["Groups"].strip() in ("", NOBODY)
    assert not int(now["CapPrm"], 16) & ~KEPT
    assert int(now["CapAmb"], 16) == int(now["CapInh"], 16) == 0
    assert now["NoNewPrivs"] == "1"


def test_helper_and_closer(field):
    """One is root, for scripts, but has not all rights; the other has none."""
    server = field.serve('user-limit = 1')

    def rights(name):
        return status(server.ns.run("pgrep", "-P", str(server.process.pid),
                                    name).stdout.strip())
    helper, closer = rights("pptpalg-helper"), rights("pptpalg-closer")
    assert helper["Uid"].split() == ["0"] * 4
    sys_admin, sys_module, sys_ptrace, bpf = 1 << 21, 1 << 16, 1 << 19, 1 << 39
    for which in "CapPrm", "CapBnd":
        assert not int(helper[which], 16) & (sys_admin | sys_module |
                                             sys_ptrace | bpf), which
    assert closer["Uid"].split() == closer["Gid"].split() == [NOBODY] * 4
    assert int(closer["CapPrm"], 16) == int(closer["CapBnd"], 16) == 0
    assert helper["NoNewPrivs"] == closer["NoNewPrivs"] == "1"


@pytest.fixture
def packaged(tmp_path):
    """Words before a command, for which there is the packages' user."""
    for name, line in (("passwd", "pptpalg:x:%s:%s::/:/bin/false\n"),
                       ("group", "pptpalg:x:%s:\n")):
        with open("/etc/" + name, encoding="utf-8") as f:
            (tmp_path / name).write_text(f.read() + line % (
                (PACKAGED,) * line.count("%s")))
    return ("unshare", "--mount", "sh", "-c", "mount --bind %s/passwd "
            "/etc/passwd && mount --bind %s/group /etc/group && "
            'exec "$@"' % (tmp_path, tmp_path), "sh")


def test_user_of_the_packages(own, packaged):
    """Nothing said, the daemon is that user: its folder becomes the user's,
    and so does a journal that root has left."""
    fw = own()
    fw.configure('user = ""')
    os.chmod(fw.folder, 0o755)
    assert launch(fw)["Uid"].split() == ["0"] * 4
    fw.stop()
    with open(fw.config_file, encoding="utf-8") as f:
        text = f.read().replace('user = ""\n', "")
    fw.rules("--apply")
    folder = os.path.join(fw.folder, "pptpalg")
    fw.socket = os.path.join(folder, "sock")
    with open(fw.config_file, "w", encoding="utf-8") as f:
        f.write(re.sub(r'control-socket = "[^"]*"',
                       'control-socket = "%s"' % fw.socket, text))
    assert launch(fw, *packaged)["Uid"].split() == [PACKAGED] * 4
    for file in folder, fw.socket, fw.journal, fw.journal + ".2":
        assert os.stat(file).st_uid == int(PACKAGED), file
    fw.network.connect().start().call(1, 1).both_ways()


def test_secrets_that_the_user_cannot_read(own, packaged):
    """import says it of those that come over, and makes new ones readable."""
    fw = own()
    etc = os.path.join(fw.folder, "etc")
    os.makedirs(os.path.join(etc, "ppp"))
    secrets = os.path.join(etc, "ppp", "chap-secrets")
    for name, text in (("pptpd.conf", "option /etc/ppp/o\nremoteip 10.9.0.2\n"
                        "localip 10.9.0.1\nlisten 192.0.2.1\n"),
                       ("ppp/o", "name pptpd\nrequire-mschap-v2\n"
                        "require-mppe-128\nauth\n"),
                       ("ppp/chap-secrets", "ann pptpd secret *\n")):
        with open(os.path.join(etc, name), "w", encoding="utf-8") as f:
            f.write(text)
    os.chmod(secrets, 0o600)
    words = *packaged, CTL, "import", "--root", fw.folder, \
        os.path.join(etc, "pptpd.conf")
    p = fw.ns.run(*words, check=False)
    assert "user pptpalg may not read it; run chgrp" in p.stderr, p.stderr
    assert p.returncode != 0
    os.chown(secrets, 0, int(PACKAGED))
    os.chmod(secrets, 0o640)
    p = fw.ns.run(*words, check=False)
    assert p.returncode == 0, p.stderr
    # Nobody was limited before.
    assert "user-limit = 0" in p.stdout and "source-limit = 0" in p.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
@pytest.mark.skipif(not os.access("/tmp", os.W_OK),
                    reason="systemd-analyze wants to write to /tmp")
def test_unit_is_hardened(tmp_path):
    """The security that systemd sees in it, 0.0 being the best."""
    with open(os.path.join(firewall.TOP, "conf", "dist", "pptpalgd.service"),
              encoding="utf-8") as f:
        text = f.read().replace("@SBINDIR@", "/usr/sbin")
    unit = tmp_path / "pptpalgd.service"
    unit.write_text(text.replace("@CONFDIR@", "/etc/pptpalg"))
    p = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager",
         str(unit)], capture_output=True, text=True, check=False)
    level = re.search(r"exposure level for \S+: ([0-9.]+)", p.stdout)
    assert level and float(level.group(1)) <= 2.0, p.stdout + p.stderr
