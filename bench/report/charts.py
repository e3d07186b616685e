# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Charts of the results, drawn by gnuplot as SVG that reads on light and dark pages."""

import shutil
import subprocess
import sys

from report.results import find, find_churn, find_pair, ratio

STYLE = """
set terminal svg size 760,{height} font 'sans-serif,13' background '#ffffff'
set output '{output}'
set border 3 lc rgb '#888888'
set tics nomirror
set grid ytics lc rgb '#dddddd'
set key outside top center horizontal samplen 2
set style line 1 lc rgb '#1b6ca8' lw 2 pt 7 ps 0.6
set style line 2 lc rgb '#7ab6dd' lw 2 pt 5 ps 0.6
set style line 3 lc rgb '#c05a2e' lw 2 pt 9 ps 0.7
set style line 4 lc rgb '#8a8a3c' lw 2 pt 11 ps 0.7
set style line 5 lc rgb '#7d4f9e' lw 2 pt 13 ps 0.7
set style line 6 lc rgb '#888888' lw 2 dt 2 pt 6 ps 0.6
"""

# In a fixed order, so that a peer has the same colour in every chart.
LINES = ["connstat-encoded", "connstat-fields", "freelist", "mutex", "spin", "floor"]


def gnuplot(output, commands, height=380):
    script = STYLE.format(output=output, height=height) + commands
    done = subprocess.run(["gnuplot"], input=script, text=True, check=False)
    if done.returncode != 0:
        sys.exit("bench/run: gnuplot could not draw " + output.name)
    return output.name


def block(name, rows):
    return f"${name} << EOD\n" + "".join(" ".join(map(str, row)) + "\n" for row in rows) + "EOD\n"


def draw_peers(results, directory):
    """Nanoseconds a pair of every peer, one worker, 1,000 entries: bars on a logarithmic scale."""
    peers = dict.fromkeys(r["peer"] for r in results if r["bench"] == "churn")
    found = [find_churn(results, peer) for peer in peers]
    found = sorted((r for r in found if r), key=lambda r: r["ns_per_pair"])
    rows = [(f'"{r["peer"]}"', at, r["ns_per_pair"], f'"{r["ns_per_pair"]:,.0f} ns"',
             "0x1b6ca8" if r["peer"].startswith("connstat") else "0x999999")
            for at, r in enumerate(reversed(found))]
    return gnuplot(directory / "peers.svg", block("data", rows) + f"""
set title 'register + unregister, one worker, 1,000 entries, 64 bytes of metadata'
unset key
unset grid
set border 0
set logscale x
unset xtics
set xrange [1:{max(r["ns_per_pair"] for r in found) * 20}]
set yrange [-0.6:{len(rows) - 0.4}]
set style fill solid
plot $data using (1):2:(1):3:($2-0.35):($2+0.35):(column(5)):ytic(1) with boxxyerror \\
         lc rgb variable, \\
     $data using 3:2:4 with labels left offset 0.8,0
""", height=60 + 34 * len(rows))


def draw_lines(directory, name, points, commands):
    """A line a peer through points(peer)."""
    blocks, plots = "", []
    for number, peer in enumerate(LINES, start=1):
        rows = points(peer)
        if rows:
            blocks += block(f"peer{number}", rows)
            plots.append(f"$peer{number} using 1:2 with linespoints ls {number} title '{peer}'")
    return gnuplot(directory / name, blocks + commands + "plot " + ", ".join(plots) + "\n")


def draw_workers(results, directory):
    """Four workers are measured in a run of their own, beside two: their ratio holds here."""
    def points(peer):
        rows = [(workers, result["pairs_per_s"]) for workers in (1, 2)
                if (result := find_churn(results, peer, workers=workers))]
        pair = find_pair(results, (peer, {"workers": 4}), (peer, {"workers": 2}))
        if pair and len(rows) == 2:
            rows.append((4, rows[1][1] * ratio(*pair, "samples_pairs_per_s")[0]))
        return rows

    return draw_lines(directory, "workers.svg", points, """
set title 'pairs a second of all workers together, 1,000 entries'
set xlabel 'worker processes'
set xtics (1, 2, 4)
set logscale y
set format y '%.0s %c'
""")


def draw_standing(results, directory):
    values = sorted({r["standing"] for r in results if r["bench"] == "churn"})

    def points(peer):
        return [(standing, result["ns_per_pair"]) for standing in values
                if (result := find_churn(results, peer, standing=standing))]

    return draw_lines(directory, "standing.svg", points, """
set title 'nanoseconds a pair by entries standing, one worker'
set xlabel 'entries standing'
set logscale xy
set format x '%.0s%c'
""")


def draw_tail(results, directory):
    """Latency of single calls by percentile."""
    names = ["p50", "p90", "p99", "p99_9", "p99_99", "p99_999"]
    blocks, plots = "", []
    for style, call in ((1, "register"), (3, "unregister"), (6, "nothing")):
        result = find(results, "tail", call=call)
        rows = [(at, max(result[name], 1)) for at, name in enumerate(names)]
        blocks += block(call, rows)
        plots.append(f"${call} using 1:2 with linespoints ls {style} title '{call}'")
    tics = ", ".join(f"'{n.replace('p', '').replace('_', '.')} %%' {i}" for i, n in enumerate(names))
    return gnuplot(directory / "tail.svg", blocks + f"""
set title 'latency of one call, two workers churning, ns'
set xtics ({tics})
set logscale y
""" + "plot " + ", ".join(plots) + "\n")


def draw(results, directory):
    """Returns the names of the charts."""
    if shutil.which("gnuplot") is None:
        print("no charts: gnuplot is not installed (Debian: gnuplot-nox)", file=sys.stderr)
        return []
    return [one(results, directory)
            for one in (draw_peers, draw_workers, draw_standing, draw_tail)]
