#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Count the results in a testlog.json of Meson: prints PASSED FAILED SKIPPED."""

import json
import sys

GOOD = {"OK", "EXPECTEDFAIL"}


def main():
    passed = failed = skipped = 0
    try:
        with open(sys.argv[1], encoding="utf-8") as log:
            results = [json.loads(line)["result"] for line in log]
    except FileNotFoundError:
        results = []
    for result in results:
        if result in GOOD:
            passed += 1
        elif result == "SKIP":
            skipped += 1
        else:
            failed += 1
    print(passed, failed, skipped)


main()
