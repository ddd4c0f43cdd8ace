# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots as SVG by gnuplot: bars in groups, and lines over the number of calls.

A value is (middle, smallest, largest).  Bars have series (name, values), where
None is no value; lines have (name, dashed, [(x, value)]).
"""
import subprocess

# By what stands in the middle, so that it looks the same in every plot.
COLOURS = {"plain routing": "#767676", "kernel helper": "#c04000",
           "nfqueue": "#9a4fa0", "bpf stack": "#0067a8",
           "bpf direct": "#00806a", "bpf auto": "#b03a2e"}
OTHERS = "#0067a8", "#00806a", "#c04000", "#9a4fa0"
# From the smallest to the largest.
SPREAD = "$d%d using 1:3:(0):($4-$3) with vectors nohead linecolor %s notitle"
STYLE = """set terminal svg size 760,380 font "sans-serif,12" background "white"
set output {path}
set title {title} font ",15"
set ylabel {unit}
set key outside top center horizontal
set grid ytics linecolor "#cccccc"
set border 3
set tics nomirror
"""


def number(value):
    return "{:,.10g}".format(round(value, 6))


def quote(text):
    return '"%s"' % str(text).replace("\\", r"\\").replace('"', r'\"')


def colour(name, index):
    return quote(COLOURS.get(name, OTHERS[index % len(OTHERS)]))


def draw(path, title, unit, *commands):
    script = STYLE.format(path=quote(path), title=quote(title),
                          unit=quote(unit)) + "\n".join(commands) + "\n"
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def block(index, lines):
    """Data inside the script."""
    return "$d%d << END\n%s\nEND" % (index, "\n".join(lines))


def bars(path, title, unit, groups, series):
    """Groups of bars, one bar of each series in each group."""
    width = 0.8 / len(series)
    commands, plots = [], []
    for i, (name, values) in enumerate(series):
        at = (i - (len(series) - 1) / 2) * width
        commands.append(block(i, ["%g %s" % (
            g + at, " ".join("%g" % number for number in value))
            for g, value in enumerate(values) if value]))
        plots += ["$d%d using 1:2:(%g) with boxes fill solid linecolor %s "
                  "title %s" % (i, width * 0.94, colour(name, i), quote(name)),
                  SPREAD % (i, '"black"'),
                  "$d%d using 1:4:(sprintf('%%.2g', $2)) with labels "
                  "offset 0,0.6 notitle" % i]
    ticks = ", ".join("%s %d" % (quote(group), g)
                      for g, group in enumerate(groups))
    draw(path, title, unit, "set xtics (%s)" % ticks, "set yrange [0:*]",
         "set offsets 0, 0, graph 0.06, 0", "set xrange [-0.5:%g]" %
         (len(groups) - 0.5), *commands, "plot " + ", ".join(plots))


def lines(path, title, unit, across, series):
    """Lines over logarithmic axes; those of one name share a colour."""
    names = list(dict.fromkeys(name for name, _, _ in series))
    xs = sorted({x for _, _, points in series for x, _ in points})
    commands, plots = [], []
    for i, (name, dashed, points) in enumerate(series):
        commands.append(block(i, [" ".join("%g" % v for v in (x, *value))
                                  for x, value in points]))
        ink = colour(name, names.index(name))
        plots += ["$d%d using 1:2 with linespoints linecolor %s pointtype 7 "
                  "pointsize 0.6 dashtype %d %s" % (
                      i, ink, 2 if dashed else 1, "notitle" if dashed
                      else "title " + quote(name)),
                  SPREAD % (i, ink)]
    draw(path, title, unit, "set xlabel " + quote(across),
         "set logscale xy", "set offsets graph 0.03, graph 0.03",
         "set xtics (%s)" % ", ".join("%s %d" % (quote(number(x)), x)
                                      for x in xs),
         *commands, "plot " + ", ".join(plots))
