# SPDX-License-Identifier: GPL-2.0-or-later
"""One of two firewalls: what it costs to tell a store of all calls.

Calls are set up as fast as it goes, with the journal alone, with a store that
is told, and with a store whose copy verdicts wait for.  The stores share the
machine with everything else; the other firewall, which would read them, is not
there.  Memory is what the store's grows by until all calls are up.
"""
import contextlib
import time

from lab import PATIENCE, Failed, Lab, phase
from measure import patiently, ratios, row, tell, values
from pair import Store
from topology import Namespace

ENGINE = "bpf_auto"
PROCESSES = 4                   # of the server
ALONE, NONE, REPLICA = "alone", "none", "replica"
GOALS = {NONE: 0.9, REPLICA: 0.5}
COPY = "--replicaof", "127.0.0.1", "6379"


def await_text(store, text, *words):
    end = time.monotonic() + PATIENCE
    while text not in store.run(*words):
        if time.monotonic() > end:
            raise Failed("the store does not say %s" % text)
        time.sleep(0.05)


@contextlib.contextmanager
def stores(wait):
    """The store that the daemon is told of, with a copy where it waits."""
    with contextlib.ExitStack() as stack:
        home = Namespace("store")
        stack.callback(home.close)
        store = Store(home, 6379)
        stack.callback(store.close)
        await_text(store, "PONG", "PING")
        if wait == REPLICA:
            copy = Store(home, 6380, *COPY)
            stack.callback(copy.close)
            await_text(copy, "master_link_status:up", "INFO", "replication")
        yield store


def memory(store):
    """Bytes that are in use."""
    fields = dict(line.split(":", 1) for line in
                  store.run("INFO", "memory").splitlines() if ":" in line)
    return int(fields["used_memory"])


def set_up(lab, calls):
    """Calls in a second."""
    lab.server(PROCESSES)
    setup = phase(lab.client(calls, "--hold", "3600"))
    if setup["up"] < calls:
        raise Failed("only %d of %d calls came up" % (setup["up"], calls))
    return setup["calls_per_second"]


def one(wait, calls):
    """The numbers of one lab."""
    if wait == ALONE:
        with Lab(ENGINE) as lab:
            return {"rate": set_up(lab, calls)}
    with stores(wait) as store:
        more = 'cluster { store = "unix:%s"  wait = %s }' % (
            store.socket, wait)
        with Lab(ENGINE, more=more) as lab:
            before = memory(store)
            result = {"rate": set_up(lab, calls)}
            known = int(store.run("HLEN", "pptpalg:calls"))
            if known < calls:
                raise Failed("the store knows %d of %d calls" % (known, calls))
            result["each"] = (memory(store) - before) / calls
    return result


def rows(args):
    calls, results = args.cluster_calls, {}
    for number in range(args.cluster_rounds):
        for wait in ALONE, NONE, REPLICA:
            tell("cluster: round %d of %d, %s" % (
                number + 1, args.cluster_rounds, wait))
            results.setdefault(wait, []).append(patiently(one, wait, calls))
    for wait in ALONE, NONE, REPLICA:
        yield row("%d calls, %s: set up" % (calls, "the journal alone" if
                                            wait == ALONE else
                                            "wait = " + wait),
                  values(results, wait, "rate"), "calls/s")
    for wait, goal in GOALS.items():
        yield row("set-up rate with wait = %s / the journal alone" % wait,
                  ratios(results, wait, ALONE, "rate"), target=goal,
                  better=max)
    yield row("memory of the store, a call", values(results, NONE, "each"),
              "bytes", target=2048)
