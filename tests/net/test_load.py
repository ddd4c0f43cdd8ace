# SPDX-License-Identifier: GPL-2.0-or-later
"""Many calls at once, all with the same call ID, by pptpalg-load."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "bench"))

import lab  # noqa: E402

CALLS = 500


def test_same_call_id():
    """Every call comes up behind one public address, and each gets back its
    own GRE and nobody else's."""
    with lab.Lab("daemon") as net:
        server = net.server()
        ends = net.run_client(CALLS, "--gre", "10", "--hold", "1", "--clear")
        served = lab.report(server)
    gre = ends["gre"]
    assert ends["setup"]["up"] == ends["end"]["cleared"] == CALLS
    assert gre["calls"] == CALLS and gre["calls_silent"] == 0
    assert gre["received"] == gre["sent"] == served["gre_echoed"]
    assert gre["wrong_call"] == gre["repeated"] == gre["strange"] == 0
    assert served["calls"] == served["calls_cleared"] == CALLS


def test_without_translation():
    """The same without anyone's help fails: the test above can."""
    with lab.Lab("masquerade") as net:
        server = net.server()
        client = net.client(CALLS, "--gre", "10", "--hold", "1")
        assert lab.phase(client)["up"] == CALLS
        gre = lab.phase(client)
        served = lab.report(server)
        assert client.wait(lab.PATIENCE) == 1
    assert served["gre_received"] > 0
    assert gre["calls_silent"] > CALLS / 2
