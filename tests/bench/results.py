# SPDX-License-Identifier: GPL-2.0-or-later
"""The numbers of a run as CSV: a line a row, the machine in comments above.

A row says part, what, goal and limit, the median and its spread, the unit, and
whether the goal was reached; further columns are the keys that plots need.
"""
import csv

FIRST = ["part", "what", "target", "limit", "measured", "smallest", "largest",
         "unit", "reached"]
KINDS = {**dict.fromkeys(("target", "measured", "smallest", "largest"), float),
         **dict.fromkeys(("calls", "size", "per_connection", "tunnels"), int)}
REACHED = {True: "yes", False: "no", None: ""}


def as_text(key, value):
    if key == "reached":
        return REACHED[value]
    return "%.6g" % value if isinstance(value, float) else value


def as_value(key, text):
    return KINDS.get(key, str)(text)


def write(numbers, path):
    """{"machine": {name: value}, "parts": {part: [row]}} into a file."""
    rows = [dict(row, part=part) for part, its in numbers["parts"].items()
            for row in its]
    keys = list(dict.fromkeys(FIRST + [key for row in rows for key in row]))
    with open(path, "w", encoding="utf-8", newline="") as f:
        for name, value in numbers["machine"].items():
            f.write("# %s: %s\n" % (name, value))
        table = csv.writer(f, lineterminator="\n")
        table.writerow(keys)
        table.writerows([as_text(key, row.get(key)) for key in keys]
                        for row in rows)


def read(path):
    """What write has written."""
    with open(path, encoding="utf-8", newline="") as f:
        lines = f.read().splitlines()
    machine = dict(line[2:].split(": ", 1) for line in lines
                   if line.startswith("# "))
    parts = {}
    for cells in csv.DictReader(line for line in lines
                                if not line.startswith("# ")):
        row = {key: as_value(key, text) for key, text in cells.items() if text}
        row["target"] = row.get("target")
        row["reached"] = {"yes": True, "no": False}.get(row.get("reached"))
        row.setdefault("unit", "")
        parts.setdefault(row.pop("part"), []).append(row)
    return {"machine": machine, "parts": parts}
