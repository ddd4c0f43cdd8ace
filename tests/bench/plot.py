# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots as SVG: bars in groups, and lines over the number of calls.  They have
no background, and colours for light and for dark pages.

A value is (middle, smallest, largest).  Bars have series (name, values), where
None is no value; lines have (name, dashed, [(x, value)]).
"""
import math
from html import escape

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 66, 20, 64, 52
ROOM = 1.06             # above the largest value
# By what stands in the middle: colour on light, on dark.
COLOURS = {"plain routing": ("#767676", "#a8a8a8"),
           "kernel helper": ("#c04000", "#ff8a50"),
           "nfqueue": ("#9a4fa0", "#d69ada"),
           "bpf stack": ("#0067a8", "#58b2f0"),
           "bpf direct": ("#00806a", "#3ecfae")}
OTHERS = ("#0067a8", "#58b2f0"), ("#00806a", "#3ecfae"), \
    ("#c04000", "#ff8a50"), ("#9a4fa0", "#d69ada")
STYLE = """text{font:12px sans-serif;fill:#222}.title{font-size:15px}
.grid{stroke:#888;stroke-opacity:.3}.axis{stroke:#555}.end{text-anchor:end}
.mid{text-anchor:middle}.range{stroke:#222;stroke-width:1.2}
path{fill:none;stroke-width:2}.dash{stroke-dasharray:6 4}
"""
DARK = "text{fill:#ddd}.axis{stroke:#999}.range{stroke:#eee}"


class Scale:
    """From values to a coordinate, and round values for its ticks."""

    def __init__(self, low, high, start, end, log):
        self.log, self.start, self.end = log, start, end
        if log:
            self.low, self.high = low, high
        else:
            self.low, self.high = 0, high * ROOM

    def at(self, value):
        low, high, value = (
            (math.log(v) for v in (self.low, self.high, value)) if self.log
            else (self.low, self.high, value))
        return self.start + (value - low) / (high - low) * (
            self.end - self.start)

    def ticks(self):
        if self.log:
            powers = range(math.floor(math.log10(self.low)),
                           math.ceil(math.log10(self.high)) + 1)
            all_ticks = [m * 10.0 ** p for p in powers for m in (1, 2, 5)]
        else:
            step = 10 ** math.floor(math.log10(self.high))
            step *= next(f for f in (0.1, 0.2, 0.5, 1, 2)
                         if self.high / (f * step) <= 7)
            all_ticks = [i * step for i in range(int(self.high / step) + 1)]
        return [t for t in all_ticks
                if self.low * 0.999 <= t <= self.high * 1.001]


def number(value):
    return "{:,.10g}".format(round(value, 6))


class Picture:
    def __init__(self, title, unit, names):
        self.parts = []
        self.style = STYLE
        dark = DARK
        for i, name in enumerate(names):
            colours = COLOURS.get(name, OTHERS[i % len(OTHERS)])
            rule = ".s%d{fill:%s}path.s%d{fill:none;stroke:%s}"
            self.style += rule % (i, colours[0], i, colours[0])
            dark += rule % (i, colours[1], i, colours[1])
        self.style += "\n@media(prefers-color-scheme:dark){%s}" % dark
        self.text(LEFT, 20, title, "title")
        self.text(8, TOP - 10, unit)

    def add(self, form, *values):
        self.parts.append(form % values)

    def text(self, x, y, words, kind=""):
        self.add('<text x="%.1f" y="%.1f" class="%s">%s</text>', x, y, kind,
                 escape(words))

    def line(self, x1, y1, x2, y2, kind):
        self.add('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>',
                 x1, y1, x2, y2, kind)

    def rect(self, x, y, width, height, kind):
        self.add('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" '
                 'class="%s"/>', x, y, width, height, kind)

    def legend(self, names):
        x = LEFT
        for i, name in enumerate(names):
            self.rect(x, 31, 12, 12, "s%d" % i)
            self.text(x + 17, 41, name)
            x += 40 + 6.6 * len(name)

    def vertical(self, scale):
        for tick in scale.ticks():
            y = scale.at(tick)
            self.line(LEFT, y, WIDTH - RIGHT, y, "grid")
            self.text(LEFT - 7, y + 4, number(tick), "end")
        self.line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM,
                  "axis")
        self.line(LEFT, TOP, LEFT, HEIGHT - BOTTOM, "axis")

    def spread(self, x, value, scale):
        """From the smallest to the largest."""
        self.line(x, scale.at(value[1]), x, scale.at(value[2]), "range")

    def save(self, path):
        with open(path, "w", encoding="utf-8") as f:
            f.write('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d '
                    '%d" role="img">\n<style>%s</style>\n%s\n</svg>\n' % (
                        WIDTH, HEIGHT, self.style, "\n".join(self.parts)))


def bars(path, title, unit, groups, series):
    """Groups of bars, one bar of each series in each group."""
    names = [name for name, _ in series]
    picture = Picture(title, unit, names)
    picture.legend(names)
    highest = max(value[2] for _, values in series for value in values
                  if value)
    scale = Scale(0, highest, HEIGHT - BOTTOM, TOP, False)
    picture.vertical(scale)
    each = (WIDTH - LEFT - RIGHT) / len(groups)
    width = each * 0.8 / len(series)
    for g, group in enumerate(groups):
        start = LEFT + g * each
        picture.text(start + each / 2, HEIGHT - BOTTOM + 20, group, "mid")
        for i, (_, values) in enumerate(series):
            if values[g] is None:
                continue
            x, y = start + each * 0.1 + i * width, scale.at(values[g][0])
            picture.rect(x + 1, y, width - 2, HEIGHT - BOTTOM - y, "s%d" % i)
            picture.spread(x + width / 2, values[g], scale)
            picture.text(x + width / 2, scale.at(values[g][2]) - 4,
                         "%.3g" % values[g][0], "mid")
    picture.save(path)


def lines(path, title, unit, across, series):
    """Lines over logarithmic axes; those of one name share a colour."""
    names = list(dict.fromkeys(name for name, _, _ in series))
    picture = Picture(title, unit, names)
    picture.legend(names)
    xs = sorted({x for _, _, points in series for x, _ in points})
    values = [v for *_, points in series for _, value in points for v in value]
    scale = Scale(min(values) / 1.3, max(values) * 1.2, HEIGHT - BOTTOM, TOP,
                  True)
    along = Scale(xs[0] / 1.3, xs[-1] * 1.3, LEFT, WIDTH - RIGHT, True)
    picture.vertical(scale)
    for x in xs:
        picture.line(along.at(x), TOP, along.at(x), HEIGHT - BOTTOM, "grid")
        picture.text(along.at(x), HEIGHT - BOTTOM + 20, number(x), "mid")
    picture.text((LEFT + WIDTH) / 2, HEIGHT - 10, across, "mid")
    for name, dashed, points in series:
        i = names.index(name)
        way = " ".join("%s%.1f %.1f" % ("L" if n else "M", along.at(x),
                                        scale.at(value[0]))
                       for n, (x, value) in enumerate(points))
        picture.add('<path d="%s" class="s%d%s"/>', way, i,
                    " dash" if dashed else "")
        for x, value in points:
            picture.spread(along.at(x), value, scale)
            picture.add('<circle cx="%.1f" cy="%.1f" r="3.5" class="s%d"/>',
                        along.at(x), scale.at(value[0]), i)
    picture.save(path)
