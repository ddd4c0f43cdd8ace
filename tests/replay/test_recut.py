# SPDX-License-Identifier: GPL-2.0-or-later
"""However the bytes are cut into segments, repeated and shuffled on their
way: what the ends say, what is rewritten, the calls and their GRE are the
same.  Each variant gets addresses of its own, so that one run replays many."""
import os

import wire

PER_RUN = 240           # values of the second octet
FIRST = 2
PAUSE = 200000000       # microseconds between variants
# Not whole from the start, or not of one view.
NOT_FOR_IT = {"nothing", "conflict", "fragments", "both-sides", "mid-stream",
              "damaged", "bad-ip-length", "gap"}


def batches(variants):
    batch = []
    for variant in variants:
        batch.append(variant)
        if len(batch) == PER_RUN:
            yield batch
            batch = []
    if batch:
        yield batch


def replay_all(replay, path, packets, batch):
    """Outcomes of all variants of a batch, in one run of the program."""
    every, start = [], 0
    for octet, (_, change) in enumerate(batch, FIRST):
        first = packets[0].time
        for p in change([p.move(octet) for p in packets]):
            p.time += start - first + 10**15
            every.append(p)
        start += packets[-1].time - first + PAUSE
    last = packets[0].move(FIRST + len(batch))      # time passes
    last.time = start + 10**15
    every.append(last)
    wire.write(path, every)
    report = replay.json("--inside", "10.0.0.0/8", path)
    found = wire.outcomes(report)
    del found[FIRST + len(batch)]
    return found


def test_outcome_stays(replay, capture, tmp_path):
    if capture in NOT_FOR_IT:
        return
    packets = wire.read(replay.capture(capture))
    path = os.path.join(tmp_path, "variants.pcap")
    plain = [("as it is", lambda p: p)]
    want = replay_all(replay, path, packets, plain)[FIRST]
    assert want.messages
    for batch in batches(wire.variants(packets)):
        got = replay_all(replay, path, packets, batch)
        assert len(got) == len(batch)
        for octet, (name, _) in enumerate(batch, FIRST):
            assert got[octet] == want, name
