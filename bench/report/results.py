# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Finding results, and comparing two of them repetition by repetition."""

import statistics


def find(results, bench, **wanted):
    """The first result of a bench with these members, or None."""
    for result in results:
        if result.get("bench") == bench and all(result.get(k) == v for k, v in wanted.items()):
            return result
    return None


def find_churn(results, peer, **wanted):
    wanted = {"workers": 1, "threads": 1, "standing": 1000, "metadata": 64, "mode": "random",
              **wanted}
    return find(results, "churn", peer=peer, **wanted)


def find_pair(results, first, second):
    """Two churn results, each given as (peer, members), of one and the same run, so that their
    repetitions are neighbours in time; or None."""
    for run in sorted({result["run"] for result in results}):
        of_run = [result for result in results if result["run"] == run]
        a = find_churn(of_run, first[0], **first[1])
        b = find_churn(of_run, second[0], **second[1])
        if a is not None and b is not None:
            return a, b
    return None


def spread(values):
    """The distance of the quartiles over the median."""
    if len(values) < 2:
        return 0.0
    lower, middle, upper = statistics.quantiles(values, n=4, method="inclusive")
    return (upper - lower) / middle if middle else 0.0


def ratio(a, b, samples):
    """Median and spread of a / b, repetition by repetition."""
    ratios = [x / y for x, y in zip(a[samples], b[samples])]
    return statistics.median(ratios), spread(ratios)
