# SPDX-License-Identifier: GPL-2.0-or-later
"""However the bytes are cut into segments, repeated and shuffled on their
way: what the ends say, what is rewritten, the calls and their GRE are the
same.  Each variant gets addresses of its own, so that one run replays many.
The first build replays all variants, those with sanitizers some of all kinds:
they take five times as long, and fuzzing has the rest."""
import itertools
import os

import wire

PER_RUN = 240           # values of the second octet
FIRST = 2
SAMPLED = 21            # one variant of so many, for other builds
PAUSE = 200000000       # microseconds between variants
# Not whole from the start, not of one view, or without messages.
NOT_FOR_IT = {"nothing", "conflict", "fragments", "both-sides", "mid-stream",
              "damaged", "bad-ip-length", "gap", "unreachable"}


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
    for number, build in enumerate(replay.builds()):
        some = itertools.islice(wire.variants(packets), 0, None,
                                SAMPLED if number else 1)
        for batch in batches(some):
            got = replay_all(build, path, packets, batch)
            assert len(got) == len(batch)
            for octet, (name, _) in enumerate(batch, FIRST):
                assert got[octet] == want, name
