#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Fail where the rooms of a program are no longer in order: test_rooms.py SOURCES OBJECTS ROOM...

SOURCES is the folder of the program's sources; OBJECTS is how the names of its object files begin. The ROOMs are
its folders, the lowest first; "." is SOURCES itself. A program with several layers has a SOURCES
for each, joined by colons, the one that its target is defined in first; its ROOMs begin with the
names of these folders. A file is a .c file and the .h file of the same name. It leans on another
file if it includes its header, or if its object file wants a symbol that the other's defines. Then:

  - a file leans on files of its own room and of rooms before it, never of a later one;
  - no files lean on each other in a circle;
  - a room holds at most 25 .c and .h files, and each folder with such files is one of the ROOMs.
"""

import collections
import os
import pathlib
import re
import subprocess
import sys

MOST_FILES = 25

layers = [pathlib.Path(layer) for layer in sys.argv[1].split(":")]
top = layers[0].parent if len(layers) > 1 else layers[0]
objects = sys.argv[2]
rooms = sys.argv[3:]


def module(path):
    """The name of a file without its ending, from its layer on: "format/json", "shm/keys/index"."""
    return str(path.relative_to(top).with_suffix(""))


def room(name):
    return str(pathlib.PurePath(name).parent)


def included(path):
    """The modules whose headers a file includes, those of libraries left out."""
    for header in re.findall(r'^#include "([^"]+)"', path.read_text("utf-8"), re.MULTILINE):
        for layer in layers:
            if (layer / header).is_file():
                yield module(layer / header)


def symbols(files):
    """By the name of an object file: what it defines for others, and what it wants of them."""
    listing = subprocess.run(["nm", "--extern-only", "--format=posix", "--print-file-name", *files],
                             check=True, capture_output=True, text=True).stdout
    defined, wanted = collections.defaultdict(set), collections.defaultdict(set)
    for line in listing.splitlines():
        file, name, kind = line.split()[:3]
        (wanted if kind == "U" else defined)[file.rstrip(":")].add(name)
    return defined, wanted


def add_calls(leans, files):
    built = {}
    for path in files:
        way = os.path.relpath(path, layers[0])
        file = pathlib.Path(objects + way.replace("/", "_") + ".o")
        if path.suffix == ".c" and file.is_file():
            built[str(file)] = module(path)
    if not built:
        sys.exit(f"no object files of these sources: {objects}*")
    defined, wanted = symbols(built)
    owner = {symbol: built[file] for file in built for symbol in defined[file]}
    for file, name in built.items():
        for symbol in wanted[file] & owner.keys():
            leans[name][owner[symbol]].add(symbol)


def circle_from(leans, start):
    """The shortest way from a file back to itself, or none."""
    ways = collections.deque([[start]])
    seen = set()
    while ways:
        way = ways.popleft()
        for name in leans[way[-1]]:
            if name == start:
                return way + [start]
            if name not in seen:
                seen.add(name)
                ways.append(way + [name])
    return None


def circles(leans):
    told = set()
    for start in sorted(leans):
        way = circle_from(leans, start)
        if way and not told & set(way):
            told |= set(way)
            yield "a circle of files: " + " -> ".join(way)


def upward(leans):
    height = {name: place for place, name in enumerate(rooms)}
    for name in sorted(leans):
        for other, why in sorted(leans[name].items()):
            if height.get(room(other), 0) > height.get(room(name), 0):
                yield (f"{name} leans on {other}, which is of a later room: "
                       + ", ".join(sorted(why)[:3]))


def main():
    files = sorted(path for layer in layers for path in layer.rglob("*.[ch]"))
    leans = {module(path): collections.defaultdict(set) for path in files}
    sizes = collections.Counter(room(module(path)) for path in files)
    for path in files:
        for other in included(path):
            if other != module(path):
                leans[module(path)][other].add("its header")
    add_calls(leans, files)
    for name in leans:
        leans[name].pop(name, None)

    wrong = [f"{name} is a room that tests/house/meson.build does not name"
             for name in sorted(sizes) if name not in rooms]
    wrong += [f"{name} is a room without files" for name in rooms if name not in sizes]
    wrong += [f"{name} holds {size} files, more than {MOST_FILES}: give some a room of their own"
              for name, size in sorted(sizes.items()) if size > MOST_FILES]
    wrong += [*upward(leans), *circles(leans)]
    print(f"{len(leans)} files in {len(sizes)} rooms")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
