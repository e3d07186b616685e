#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Verify a Spin model: spin.py MODEL clean|wrong|progresses|stalls [-DMACRO...] [-O1].

clean: the whole state space holds no error; wrong: the seeded bug is found.
progresses: it holds no cycle without progress either, in which somebody waits for one who is
stopped or dead; stalls: the seeded one is found, which the search for errors does not see.
"""
import os
import re
import subprocess
import sys
import tempfile

FOUND = {
    'clean': None,
    'wrong': 'assertion violated|invalid end state',
    'progresses': None,
    'stalls': 'non-progress cycle',
}


def run(command, directory):
    done = subprocess.run(command, cwd=directory, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def search(model, progress, macros):
    """pan's report."""
    # Optimizing pan costs more than most searches.
    build = ['-DNP' if progress else '-DSAFETY', '-O0', *(m for m in macros if m[:2] == '-O')]
    macros = [m for m in macros if m[:2] != '-O']
    with tempfile.TemporaryDirectory() as directory:
        for command in (['spin', '-a', *macros, model],
                        ['cc', '-w', '-DCOLLAPSE', *build, '-o', 'pan', 'pan.c']):
            status, text = run(command, directory)
            if status != 0 or 'rror:' in text:
                sys.exit(text)
        _, text = run(['./pan', '-m100000', '-w22', *(['-l'] if progress else [])], directory)
    print(text)
    return text


def check(text, expected):
    errors = re.search(r'errors: (\d+)', text)
    found = FOUND[expected]
    if errors is None or 'Search not completed' in text and found is None:
        sys.exit('the search did not come to its end')
    if (errors.group(1) == '0') != (found is None):
        sys.exit(f'{errors.group(1)} errors in a model that should be {expected}')
    if found is not None and re.search(found, text) is None:
        sys.exit(f'an error, but not that of a model that should be {expected}')


def main():
    model, expected, macros = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    check(search(model, expected in ('progresses', 'stalls'), macros), expected)
    if expected == 'stalls':
        check(search(model, False, macros), 'clean')


main()
