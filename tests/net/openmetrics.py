# SPDX-License-Identifier: GPL-2.0-or-later
"""A strict reader of OpenMetrics 1.0 text, as far as the daemon writes it."""
import re

NAME = r"[a-z][a-z0-9_]*"
TYPES = {"gauge": ("",), "counter": ("_total",), "info": ("_info",),
         "histogram": ("_bucket", "_sum", "_count")}
SAMPLE = re.compile(r"(%s)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?)" % NAME)
LABEL = re.compile(r'(%s)="((?:[^"\\\n]|\\[\\"n])*)"' % NAME)


def read(text):
    """{(name, labels as sorted pairs): value}; whatever is wrong raises."""
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1
    values, families, family, kind = {}, set(), None, None
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert re.fullmatch(NAME, family) and kind in TYPES, line
            assert family not in families, "%s comes twice" % family
            families.add(family)
        elif line.startswith("# HELP "):
            assert line.split(" ", 3)[2] == family and "\\" not in line, line
        else:
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert name in [family + s for s in TYPES[kind]], line
            pairs = LABEL.findall(labels or "")
            assert ",".join('%s="%s"' % p for p in pairs) == (labels or "")
            key = name, tuple(sorted(pairs))
            assert key not in values, "%s comes twice" % line
            assert kind == "gauge" or float(value) >= 0, line
            values[key] = float(value)
    check_histograms(values)
    return values


def check_histograms(values):
    """Each bound counts all that is below, and the last one all."""
    for name in {n[:-7] for n, _ in values if n.endswith("_bucket")}:
        counts = [v for (n, _), v in values.items() if n == name + "_bucket"]
        assert counts == sorted(counts), name
        assert counts[-1] == values[name + "_count", ()], name
        assert values[name + "_bucket", (("le", "+Inf"),)] == counts[-1]


def value(values, name, **labels):
    return values["pptpalg_" + name, tuple(sorted(labels.items()))]
