# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The targets, what was measured for each, and the report in Markdown."""

import statistics
from dataclasses import dataclass

from report.results import find, find_churn, find_pair, ratio, spread


@dataclass
class Row:
    target: str
    bound: str
    measured: str
    spread: float | None
    passed: bool | None  # None: not measured, or nothing that passes or fails


def shown(value):
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def at_most(target, bound, value, spread=None, unit=""):
    return Row(target, f"≤ {bound:g}{unit}", shown(value) + unit, spread, value <= bound)


def at_least(target, bound, value, spread=None, unit=""):
    return Row(target, f"≥ {bound:g}{unit}", shown(value) + unit, spread, value >= bound)


def missing(target):
    return Row(target, "", "not measured", None, None)


def floor_rows(results, sizes):
    """1: one worker, by standing entries."""
    small, middle, large = sizes
    cases = [("connstat-fields", small, 3.5), ("connstat-encoded", small, 2.5),
             ("connstat-encoded", middle, 2), ("connstat-encoded", large, 4)]
    for peer, standing, bound in cases:
        target = f"1: {peer}, {standing:,} standing, × floor"
        result = find_churn(results, peer, standing=standing)
        if result is None:
            yield missing(target)
        else:
            yield at_most(target, bound, result["ratio_to_floor"], result["ratio_spread"])


def scaling_rows(results):
    """2: processes and threads. What four lose against two is left to the noise of 5 %."""
    cases = [("two workers × one", {"workers": 2}, {"workers": 1}, 1.8),
             ("two threads × one", {"threads": 2}, {"threads": 1}, 1.8),
             ("four workers × two", {"workers": 4}, {"workers": 2}, 0.95)]
    for name, more, less, bound in cases:
        for peer in ("connstat-fields", "connstat-encoded"):
            target = f"2: {name}, {peer}, pairs/s"
            pair = find_pair(results, (peer, more), (peer, less))
            if pair is None:
                yield missing(target)
                continue
            yield at_least(target, bound, *ratio(*pair, "samples_pairs_per_s"))


def peer_rows(results):
    """3: against the free list and the mutex."""
    for workers, bound in ((2, 3.5), (1, 1.0)):
        for peer in ("freelist", "mutex"):
            target = f"3: connstat-encoded × {peer}, {workers} worker{'s' * (workers > 1)}, pairs/s"
            members = {"workers": workers}
            pair = find_pair(results, ("connstat-encoded", members), (peer, members))
            if pair is None:
                yield missing(target)
                continue
            yield at_least(target, bound, *ratio(*pair, "samples_pairs_per_s"))


def counts_rows(results):
    """4: the same, whatever stands and whoever was here before."""
    found = [result for result in results if result["bench"] == "counts"]
    for result in found:
        target = (f"4: counts, 4 workers, {result['standing']:,} standing, "
                  f"{result['departed']:,} workers gone")
        yield at_most(target, 80, result["median"], result["spread"], " ns")
    for result in found[1:]:
        value, spread_of = ratio(result, found[0], "samples")
        name = (f"{result['departed']:,} workers gone" if result["departed"]
                else f"{result['standing']:,} standing")
        yield at_most(f"4: counts, {name} × first", 1.1, value, spread_of)


def list_rows(results):
    """5: a list, by the entry, and where few stand in a large table."""
    for scene, bound in (("decoded", 20), ("encoded", 8)):
        result = find(results, "list", scene=scene)
        target = f"5: for_each, {scene}, an entry"
        if result is None:
            yield missing(target)
        else:
            yield at_most(target, bound, result["ns_per_entry"], result["spread"], " ns")
    result = find(results, "list", scene="sparse")
    if result is None:
        yield missing("5: sparse list")
    else:
        yield at_most(f"5: list of {result['standing']:,} in {result['slots']:,} slots", 60,
                      result["median"] / 1000, result["spread"], " µs")


def reader_rows(results):
    """6: what a reader costs a worker."""
    for reader, bound in (("ten-a-second", 1.03), ("never-pauses", 2)):
        result = find(results, "reader", reader=reader)
        target = f"6: a pair beside a reader that {reader.replace('-', ' ')}, × without"
        if result is None:
            yield missing(target)
        else:
            yield at_most(target, bound, result["ratio"], result["ratio_spread"])


def tail_rows(results):
    """7: single calls."""
    idle = find(results, "tail", call="nothing")
    for call in ("register", "unregister"):
        result = find(results, "tail", call=call)
        if result is None or idle is None:
            yield missing(f"7: {call}, p99.9")
            continue
        yield at_most(f"7: {call}, p99.9 (doing nothing: {idle['p99_9']:.0f} ns)", 300,
                      result["p99_9"], None, " ns")
        # A scheduler slice, or what the machine did meanwhile to those who did nothing.
        bound = max(3000, round(idle["max_while_on_core"] / 1000))
        yield at_most(f"7: {call}, longest on its core, against a slice or doing nothing", bound,
                      result["max_while_on_core"] / 1000, None, " µs")


def game_rows(results):
    """8: the game server."""
    target = "8: game server, connections/s, tracking on × off"
    result = find(results, "game-on-off")
    if result is None:
        yield missing(target)
        return
    # On a crowded machine a run may end before anybody connected: it says nothing.
    ratios = [on / off for on, off in zip(result["samples_on"], result["samples_off"])
              if on > 0 and off > 0]
    if not ratios:
        yield missing(target)
        return
    yield at_least(target, 0.98, statistics.median(ratios), spread(ratios))


def memory_rows(results):
    """9: memory and huge pages."""
    for layout in ("defaults", "large"):
        result = find(results, "memory", layout=layout)
        if result is None:
            yield missing(f"9: memory, {layout}")
        else:
            yield at_most(f"9: memory, {result['slots']:,} slots, a slot", 138,
                          result["bytes_per_slot"], None, " bytes")
    result = find(results, "huge", huge=True)
    if result is not None:
        yield Row(f"9: a pair at {result['standing']:,} in {result['huge_kib'] // 1024} MiB of "
                  "huge pages × without", "shown", f"{result['ratio']:.2f}",
                  result["ratio_spread"], None)


def death_rows(results):
    for result in (result for result in results if result["bench"] == "deaths"):
        others = f", {result['workers']:,} workers" if result["workers"] > 1 else ""
        if result["foreign"]:
            # By its lock, which is looked at twice, a second apart: so no multiple of a wake-up.
            yield Row(f"death in another pid namespace: {result['entries']:,} entries gone{others}",
                      "shown", f"{result['median'] / 1e9:.3f} s", result["spread"], None)
        else:
            yield at_most(f"death: {result['entries']:,} entries gone{others} × a bare pidfd wake-up "
                          f"({result['pidfd_ns'] / 1000:.0f} µs)", 1.5, result["ratio"],
                          result["ratio_spread"])


def key_rows(results):
    for bench, what in [("keys-pair", "a pair"),
                        ("keys-pair-again", "one that comes and goes again and again")]:
        for result in (result for result in results if result["bench"] == bench):
            if result["keyed"] != "none":
                yield at_most(f"keys: {what}, {result['keyed']} of {result['per_key']} entries, "
                              f"{result['standing']:,} standing, × without", 2, result["ratio"],
                              result["ratio_spread"])
    for bench, whose in [("keys-count-again", "one key again and again"),
                         ("keys-count", "any key")]:
        for result in (result for result in results if result["bench"] == bench):
            if result["keyed"] == "key":
                yield at_most(f"keys: count_key of {result['per_key']}, {whose}, "
                              f"{result['standing']:,} standing", 250, result["median"],
                              result["spread"], " ns")
    for bench, what in [("keys-count-cold", "count_key of 20, any key, after other work"),
                        ("keys-floor", "the cache misses alone of a look-up of 20"),
                        ("keys-floor-cold", "the same, after other work")]:
        for result in (result for result in results if result["bench"] == bench):
            if result["standing"] > 1000 and result.get("keyed", "key") == "key" \
                    and result.get("per_key", 20) == 20:
                yield Row(f"keys: {what}, {result['standing']:,} standing", "shown",
                          shown(result["median"]) + " ns", result["spread"], None)
    result = find(results, "keys-chain")
    if result is not None:
        yield at_most(f"keys: a chain of {result['entries']:,} listed × for_each", 1.1,
                      result["ratio"], result["ratio_spread"])


def life_rows(results):
    """What becomes of an entry after it was registered."""
    for result in (result for result in results if result["bench"] == "lives"):
        call, standing = result["call"], f"{result['standing']:,} standing"
        if call.startswith("update"):
            yield at_most(f"life: {call}, {standing}, × {result['alone']} alone", 1.5,
                          result["ratio"], result["ratio_spread"])
        elif call == "touch":
            yield at_most(f"life: touch, {standing}", 10, result["median"], result["spread"], " ns")
        elif call == "clock":
            yield Row(f"life: the clock that touch reads, {standing}, × touch", "shown",
                      f"{result['ratio']:.2f}", result["ratio_spread"], None)
        elif call == "move":
            yield Row(f"life: move, {standing}", "shown", shown(result["median"]) + " ns",
                      result["spread"], None)
    for result in (result for result in results if result["bench"] == "lives-list"):
        if result["entries"] != "never updated":
            yield at_most(f"life: for_each of {result['standing']:,} {result['entries']}, an entry, "
                          "× never updated", 2, result["ratio"], result["ratio_spread"])


def growth_rows(results):
    """A table that grows by itself while it is filled."""
    for result in (result for result in results if result["bench"] == "growth-wait"):
        yield Row(f"growth: {result['who']}, a call, p99.99 and longest", "shown",
                  f"{shown(result['p99_99'] / 1000)} µs, {shown(result['max'] / 1000)} µs", None, None)
    result = find(results, "growth-filling")
    if result is not None:
        yield Row(f"growth: filling {result['standing']:,}, an entry, × a table made that large",
                  "shown", f"{result['ratio']:.2f}", result["ratio_spread"], None)
    for result in (result for result in results if result["bench"] == "growth-memory"):
        yield Row(f"growth: memory {result['when']}, {result['slots']:,} slots, a slot", "shown",
                  f"{shown(result['bytes_per_slot'])} bytes", None, None)


def target_table(results):
    sizes = sorted({result["standing"] for result in results
                    if result["bench"] == "churn" and result["peer"] == "connstat-encoded"})
    sizes = (sizes + [0, 0, 0])[:3]
    rows = [*floor_rows(results, sizes), *scaling_rows(results), *peer_rows(results),
            *counts_rows(results), *list_rows(results), *reader_rows(results),
            *tail_rows(results), *game_rows(results), *memory_rows(results),
            *death_rows(results), *key_rows(results), *life_rows(results),
            *growth_rows(results)]
    yield "| target | bound | measured | spread | |"
    yield "|---|---|---|---|---|"
    for row in rows:
        spread = "" if row.spread is None else f"{100 * row.spread:.0f} %"
        verdict = "" if row.passed is None else "pass" if row.passed else "**miss**"
        yield f"| {row.target} | {row.bound} | {row.measured} | {spread} | {verdict} |"


def thousands(value, pattern="{:,.0f}"):
    return pattern.format(value) if value is not None else ""


def peer_table(results):
    """Every peer at one and two workers, and with more entries."""
    yield "| peer | 1k, 1 worker, ns a pair | × floor | 2 workers, pairs/s | 100k, ns a pair |"
    yield "|---|---|---|---|---|"
    peers = dict.fromkeys(r["peer"] for r in results if r["bench"] == "churn")
    for peer in peers:
        one = find_churn(results, peer)
        two = find_churn(results, peer, workers=2)
        many = find_churn(results, peer, standing=100000)
        cells = [thousands(one and one["ns_per_pair"], "{:,.1f}"),
                 thousands(one and one.get("ratio_to_floor"), "{:,.1f}"),
                 thousands(two and two["pairs_per_s"] / 1e6, "{:,.2f} M"),
                 thousands(many and many["ns_per_pair"], "{:,.1f}")]
        yield f"| {peer} | " + " | ".join(cells) + " |"


def tail_table(results):
    columns = ["p50", "p90", "p99", "p99_9", "p99_99", "p99_999", "max", "max_while_on_core"]
    yield "| call, ns | " + " | ".join(name.replace("_", ".", 1) if name[0] == "p" else
                                       name.replace("_", " ") for name in columns) + " |"
    yield "|---" * (len(columns) + 1) + "|"
    for result in (result for result in results if result["bench"] == "tail"):
        values = " | ".join(f"{result[name]:,.0f}" for name in columns)
        yield f"| {result['call']} | {values} |"


def report(results, about, quick):
    lines = [f"- {line}" for line in about]
    if quick:
        lines = ["**A quick run: it shows that everything works. Its numbers mean nothing.**", "",
                 *lines]
    return [*lines, "", *target_table(results), "", *peer_table(results), "",
            *tail_table(results)]
