# SPDX-License-Identifier: GPL-2.0-or-later
"""Metrics in a real Prometheus, the status page in a real browser: what
"tests/packages watch" installs, if an admin of this machine did so."""
import json
import os
import shutil

import pytest

import pptp
from topology import PATIENCE

PORT = "127.0.0.1:9723"
SCRAPE = """global: {scrape_interval: 1s}
rule_files: [%s]
scrape_configs:
  - {job_name: pptpalg, static_configs: [{targets: ["%s"]}]}
"""
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ALERTS = os.path.join(TOP, "conf/dist/prometheus/alerts.yml")


def needs(program):
    return pytest.mark.skipif(not shutil.which(program),
                              reason="no %s here" % program)


@pytest.fixture
def seen(own):
    """A daemon with a call that is up and an attempt that failed."""
    fw = own()
    fw.network.fw.ip("link set lo up")
    fw.up('metrics { listen = "%s" }' % PORT)
    fw.client = fw.network.connect().start().call(500, 20)
    fw.client.both_ways()
    control = fw.network.connect().start()
    asked = control.new_id(control.client, pptp.ocrq(2))
    control.answer(control.client, 2, asked, 2,
                   lambda mine, peer: pptp.ocrp(mine, peer, 2, 0))
    control.client.abort()
    fw.network.loop.until(lambda: fw.json("history", "--trouble"),
                          "the failure")
    return fw


def ask_prometheus(fw, what):
    p = fw.ns.run("/usr/bin/python3", "-c", (
        "import urllib.request as r; print(r.urlopen("
        "'http://127.0.0.1:9090/api/v1/%s').read().decode())") % what,
        check=False)
    return json.loads(p.stdout)["data"] if p.returncode == 0 else {}


@needs("prometheus")
def test_prometheus_scrapes(seen, tmp_path):
    config = tmp_path / "prometheus.yml"
    config.write_text(SCRAPE % (ALERTS, PORT))
    p = seen.ns.popen(
        "prometheus", "--config.file=%s" % config,
        "--storage.tsdb.path=%s" % (tmp_path / "data"),
        "--web.listen-address=127.0.0.1:9090",
        stdout=-3, stderr=open(tmp_path / "log", "w"))
    try:
        def value(query):
            got = ask_prometheus(seen, "query?query=" + query).get("result")
            return got and float(got[0]["value"][1])
        seen.network.loop.until(lambda: value("up") == 1.0, "a scrape")
        seen.network.loop.until(lambda: value("pptpalg_calls") == 1.0,
                                "the call")
        assert value("pptpalg_call_setup_seconds_count") == 1
        assert value("sum(pptpalg_attempts_failed_total)") == 1
        rules = ask_prometheus(seen, "rules")["groups"][0]["rules"]
        assert len(rules) > 5
        seen.network.loop.until(
            lambda: all(r["health"] != "err" for r in
                        ask_prometheus(seen, "rules")["groups"][0]["rules"]),
            "the rules")
    finally:
        p.terminate()
        p.wait(PATIENCE)


@needs("chromium")
def test_the_page_in_a_browser(seen, tmp_path):
    picture = os.environ.get("PPTPALG_PICTURE", tmp_path / "page.png")
    p = seen.ns.run(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu",
        "--user-data-dir=%s" % tmp_path, "--window-size=1100,800",
        "--virtual-time-budget=4000", "--screenshot=%s" % picture,
        "--dump-dom", "http://%s/" % PORT, check=False, timeout=PATIENCE)
    dom = p.stdout
    for text in (seen.client.control.client.src, "reply-refused",
                 "what to do", seen.json("status")["version"]):
        assert text in dom, (text, dom[-3000:], p.stderr[-2000:])
    assert "<p id=\"note\" role=\"status\"></p>" in dom
