#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""How long a with block of the Python package takes, by what it says, in processor time.

    PYTHONPATH=BUILD/tools/python with.py [--standing N] [--rounds N]

19 entries of each key stand, so that a limit of 20 has to look at all of them. Told are the best and
the median of the rounds, beside a block that does nothing.
"""

import argparse
import itertools
import shutil
import statistics
import tempfile
import time
import uuid

import connstat

OF_A_KEY = 19
BLOCKS = 2000


class Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def blocks(tracker, users):
    """A function for each kind of block. Users come by turns, as they do to a server."""
    nothing, register = Nothing(), tracker.register
    next_user = itertools.cycle(users).__next__
    next_uuid = itertools.cycle([uuid.UUID(int=user) for user in users]).__next__

    def empty():
        with nothing:
            next_user()

    def field():
        with register("ws_socket", user_id=next_user()):
            pass

    def key():
        with register("ws_socket", key=next_user()):
            pass

    def limit():
        user = next_user()
        with register("ws_socket", key=user, limit=OF_A_KEY + 1, user_id=user):
            pass

    def limit_of_a_uuid():
        with register("ws_socket", key=next_uuid(), limit=OF_A_KEY + 1, user_id=42):
            pass

    def limit_update_touch():
        user = next_user()
        with register("ws_socket", key=user, limit=OF_A_KEY + 1, user_id=user) as entry:
            entry.update(user_id=user, room=7)
            entry.touch()

    return [empty, field, key, limit, limit_of_a_uuid, limit_update_touch]


def round_ns(block):
    before = time.process_time_ns()
    for _ in range(BLOCKS):
        block()
    return (time.process_time_ns() - before) / BLOCKS


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--standing", type=int, default=100000)
    parser.add_argument("--rounds", type=int, default=50)
    chosen = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="connstat-with.", dir="/dev/shm")
    users = range(1, max(2, chosen.standing // OF_A_KEY))
    try:
        with connstat.Tracker("with", {"ws_socket": "connection"}, directory=directory,
                              capacity=chosen.standing + 1000) as tracker:
            for user in users:
                for _ in range(OF_A_KEY):
                    tracker.register("ws_socket", key=user, user_id=user)
            kinds = blocks(tracker, users)
            taken = {kind.__name__: [] for kind in kinds}
            for _ in range(chosen.rounds):
                for kind in kinds:
                    taken[kind.__name__].append(round_ns(kind))
    finally:
        shutil.rmtree(directory)
    for name, each in taken.items():
        print(f"{name.replace('_', ' '):20} {min(each):6.0f} ns, median {statistics.median(each):6.0f}")


main()
