#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Verify a Spin model: spin.py MODEL clean|wrong [-DMACRO...].

clean: the whole state space holds no error; wrong: the seeded bug is found.
"""
import re
import subprocess
import sys
import tempfile


def run(command, directory):
    done = subprocess.run(command, cwd=directory, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def main():
    model, expected, macros = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as directory:
        for command in (['spin', '-a', *macros, model],
                        ['cc', '-O2', '-w', '-DSAFETY', '-DCOLLAPSE', '-o', 'pan', 'pan.c']):
            status, text = run(command, directory)
            if status != 0 or 'rror:' in text:
                sys.exit(text)
        _, text = run(['./pan', '-m100000', '-w22'], directory)
    print(text)
    errors = re.search(r'errors: (\d+)', text)
    if errors is None or 'Search not completed' in text and expected == 'clean':
        sys.exit('the search did not come to its end')
    if (errors.group(1) == '0') != (expected == 'clean'):
        sys.exit(f'{errors.group(1)} errors in a model that should be {expected}')


main()
