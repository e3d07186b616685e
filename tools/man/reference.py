#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""connstat(3), with every type and function as the header documents them:

    reference.py connstat.h connstat.3.in FOLDER    writes connstat.3 and a page for each function
    reference.py connstat.h                         prints the functions' names
"""

import pathlib
import re
import sys

import mdoc

LABEL = re.compile(r"(Requires|Returns|Threads|Fork|Signals|Cost)\s+(?=\S)")
SECTION = re.compile(r"/\* -{4} (.+?) -+ \*/")
TOKEN = re.compile(r"""
    (?P<blank>   \n[ ]*(?=\n) | \n )
  | (?P<comment> /\*.*?\*/ )
  | (?P<macro>   \#(?:[^\n]*\\\n)*[^\n]* )
  | (?P<inline>  static[ ]inline[ ](?P<head>[^{]*?)\n\{.*?\n\} )
  | (?P<type>    (?:struct|enum)[ ]?\w*[ ]\{.*?\}; | typedef[ ][^;]*; )
  | (?P<function>[^;{}\#/]+\([^;]*\); )
    """, re.S | re.X)
REMARK = re.compile(r"[ ]*/\*(.*?)\*/")


def tokens(header):
    """(kind, text, remark behind it on its line), from the first section on."""
    at, end = SECTION.search(header).start(), header.rindex("#ifdef __cplusplus")
    while at < end:
        found = TOKEN.match(header, at)
        if not found:
            sys.exit(f"connstat.h: cannot read from here on: {header[at:at + 60]!r}")
        at, kind, text = found.end(), found.lastgroup, found[0]
        if kind == "head":
            kind, text = "function", found["head"] + ";"
        if found["inline"]:
            kind, text = "function", found["head"] + ";"
        remark = REMARK.match(header, at) if kind in ("function", "type") else None
        if remark:
            at = remark.end()
        yield kind, text, remark[0].strip() if remark else ""


def words_of(comment):
    """A comment's lines, without its stars."""
    body = comment.removeprefix("/*").removesuffix("*/").strip()
    return [re.sub(r"^ \* ?", "", line).rstrip() for line in body.split("\n")]


def prototype(declaration):
    head, arguments = re.fullmatch(r"(.+?)\((.*)\);", " ".join(declaration.split())).groups()
    result, name = re.fullmatch(r"(.*?[ *])(connstat_\w+)", head).groups()
    names = [] if arguments == "void" else [part.strip() for part in arguments.split(",")]
    return result.strip(), name, names or ["void"]


def synopsis(declaration):
    result, name, arguments = prototype(declaration)
    return [f".Ft {mdoc.argument(result)}", f".Fo {name}",
            *(f".Fa {mdoc.argument(argument)}" for argument in arguments), ".Fc"]


def labelled(lines):
    """Text, with what stands under its labels as a list."""
    out, inside = [".Pp"], False
    for line in lines:
        label = LABEL.match(line)
        if inside and line and not label and not line.startswith(" "):
            out += [".El", ".Pp"]
            inside = False
        if label and not inside:
            out += [".Bl -tag -width Requires"]
            inside = True
        if label:
            out += [f".It Em {label[1]}"]
            line = line[label.end():]
        out += mdoc.prose(line) if line else [] if inside else [".Pp"]
    return out + ([".El"] if inside else [])


def function(declaration, remark):
    _, name, arguments = prototype(declaration)
    lines = [f".It Fn {name} " + " ".join(map(mdoc.argument, arguments))]
    return lines + [part for line in words_of(remark) if line for part in mdoc.prose(line)]


class Reference:
    """The header's tokens, one after the other, as mdoc."""

    def __init__(self):
        self.lines, self.types, self.functions, self.comment = [], [], [], None

    def flush(self):
        """A comment belongs to what follows it up to the next blank line or comment."""
        words = labelled(words_of(self.comment)) if self.comment else []
        for_first = self.functions and not self.functions[0][1]
        if not for_first:
            self.lines += words
        if self.types:
            self.lines += mdoc.literal("\n".join(self.types).split("\n"))
        if self.functions:
            self.lines += [".Bl -tag -width Ds"]
            for declaration, remark in self.functions:
                self.lines += function(declaration, remark)
                if for_first and declaration == self.functions[0][0]:
                    self.lines += words
            self.lines += [".El"]
        self.types, self.functions, self.comment = [], [], None

    def add(self, kind, text, remark):
        if kind == "comment":
            self.flush()
            section = SECTION.fullmatch(text)
            if section:
                self.lines += [f".Ss {section[1]}"]
            else:
                self.comment = text
        elif kind == "type":
            if self.functions:
                self.flush()
            self.types += [text + (" " + remark if remark else "")]
        elif kind == "function":
            self.functions += [(text, remark)]


def example(path):
    """What its opening comment says, and the program below it."""
    text = path.read_text("utf-8")
    comment, program = re.fullmatch(r"/\*.*?contributors\n \*\n(.*?) \*/\n(.*)", text,
                                    re.S).groups()
    words = "\n".join(line.removeprefix(" * ") for line in comment.splitlines())
    return [*mdoc.paragraphs(words), *mdoc.literal(program.rstrip().split("\n")), ".Pp"]


def main():
    header = pathlib.Path(sys.argv[1]).read_text("utf-8")
    parts = list(tokens(header))
    functions = [text for kind, text, _ in parts if kind == "function"]
    names = [prototype(function)[1] for function in functions]
    if len(sys.argv) == 2:
        print("\n".join(names))
        return
    reference, blank = Reference(), ""
    for kind, text, remark in parts:
        if kind == "blank":
            blank += text
            if len(blank) > 1:
                reference.flush()
            continue
        blank = ""
        reference.add(kind, text, remark)
    reference.flush()
    folder = pathlib.Path(sys.argv[3])
    page = mdoc.fill(pathlib.Path(sys.argv[2]).read_text("utf-8"), {
        "NAMES": [f".Nm {name} {',' if name != names[-1] else ''}".rstrip() for name in names],
        "SYNOPSIS": [line for function in functions for line in synopsis(function)],
        "REFERENCE": reference.lines,
        "EXAMPLES": [line for path in map(pathlib.Path, sys.argv[4:]) for line in example(path)],
    })
    (folder / "connstat.3").write_text(page, "utf-8")
    for name in names:
        (folder / f"{name}.3").write_text(".so man3/connstat.3\n", "utf-8")


main()
