# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The list of survivors that are accepted, each with its reason: accepted.txt.

    lib/file.c: the line as it is
      => the line as it is after the change
      Why nothing can see it, or nothing on this machine.

An entry is valid as long as the line is in the file and is one that the change can be made of. It
holds for each place of the file where both lines are the same.
"""

import collections
import pathlib

from mutants import places

Accepted = collections.namedtuple("Accepted", "file old new reason at")


def parse(text):
    """The entries; what is not one is an error."""
    entries, lines = [], text.splitlines()
    i = 0
    while i < len(lines):
        line = lines[i]
        if not line.strip() or line.startswith("#"):
            i += 1
            continue
        at, (file, _, old) = i + 1, line.partition(": ")
        i += 1
        if line[0] == " " or not old or i == len(lines) or not lines[i].startswith("  => "):
            raise ValueError(f"line {at}: 'FILE: OLD' and '  => NEW' belong together")
        new, reason = lines[i][len("  => "):], []
        i += 1
        while i < len(lines) and lines[i].startswith("  ") and not lines[i].startswith("  => "):
            reason.append(lines[i].strip())
            i += 1
        if not reason:
            raise ValueError(f"line {at}: an entry without a reason")
        entries.append(Accepted(file, " ".join(old.split()), " ".join(new.split()),
                                " ".join(reason), at))
    return entries


def read(root):
    path = pathlib.Path(root, "tests", "mutants", "accepted.txt")
    return parse(path.read_text("utf-8")) if path.is_file() else []


def is_accepted(entries, place):
    return any((entry.file, entry.old, entry.new) == (place.file, place.old, place.new)
               for entry in entries)


def stale(root, entries):
    """The entries that no change of today's code fits."""
    possible = {}
    for entry in entries:
        path = pathlib.Path(root, entry.file)
        if entry.file not in possible and path.is_file():
            possible[entry.file] = {(place.old, place.new) for place in
                                    places.places_of(entry.file, path.read_text("utf-8"))}
        if (entry.old, entry.new) not in possible.get(entry.file, set()):
            yield entry
