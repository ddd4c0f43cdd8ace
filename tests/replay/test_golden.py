# SPDX-License-Identifier: GPL-2.0-or-later
"""Every capture against the text that belongs to it, golden/NAME.txt.

With PPTPALG_GOLDEN=write the texts are written instead: read the difference
before it is committed."""
import os

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def test_text(replay, capture):
    path = os.path.join(GOLDEN, capture + ".txt")
    text = replay.text(replay.capture(capture))
    if os.environ.get("PPTPALG_GOLDEN") == "write":
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    with open(path, encoding="ascii") as file:
        assert text == file.read()
