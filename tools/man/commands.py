#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""connstat(1), with every command and option as the program itself has them:

    connstat help -o json > commands.json
    commands.py commands.json connstat.1.in > connstat.1
"""

import json
import pathlib
import sys

import mdoc


def option(row):
    names = [f"Fl {row['letter']}"] if row["letter"] else []
    names.append(f"Fl Fl {row['name']}")
    argument = f" Ar {row['argument']}" if row["argument"] else ""
    return [".It " + " , ".join(name + argument for name in names), *mdoc.prose(row["help"] + ".")]


def options(rows):
    if not rows:
        return []
    return [".Bl -tag -width Ds", *(line for row in rows for line in option(row)), ".El"]


def command(row):
    usage = f" {mdoc.argument(row['usage'])}" if row["usage"] else ""
    lines = [f".Ss {row['name']}", f".D1 Nm connstat Cm {row['name']}{usage}", ".Pp",
             *mdoc.prose(row["summary"][0].upper() + row["summary"][1:] + ".")]
    if row["details"]:
        lines += mdoc.paragraphs(row["details"])
    return lines + options(row["options"])


def main():
    commands, template = sys.argv[1:]
    tables = json.loads(pathlib.Path(commands).read_text("utf-8"))
    print(mdoc.fill(pathlib.Path(template).read_text("utf-8"), {
        "OPTIONS": options(tables["options"]),
        "COMMANDS": [line for row in tables["commands"] for line in command(row)],
    }), end="")


main()
