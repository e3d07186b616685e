# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Plain text as mdoc(7)."""

import re

# Of macros that start a new paragraph by themselves.
BEFORE = (".Sh", ".Ss", ".Pp", ".It", ".Bl")
AFTER = (".Sh", ".Ss", ".Pp", ".Bl", ".Bd", ".El")


def text(line):
    """A line that no roff request can be mistaken for."""
    line = line.replace("\\", "\\e")
    return "\\&" + line if line[:1] in (".", "'") else line


def prose(line):
    """A line of text, with a new line for each sentence, as mdoc wants it."""
    return [text(part) for part in re.split(r"(?<=[.?!]) +", line.strip())]


def argument(words):
    """Words as one argument of a macro."""
    return '"' + text(words).replace('"', '\\(dq') + '"'


def literal(lines):
    return [".Bd -literal -offset indent", *map(text, lines), ".Ed"]


def paragraphs(words):
    """Paragraphs set apart by blank lines; those that are indented stay as they are."""
    out = []
    for block in re.split(r"\n\s*\n", words.strip("\n")):
        lines = block.split("\n")
        if all(line.startswith("  ") for line in lines):
            out += literal(line[2:] for line in lines)
        else:
            out += [".Pp", *(part for line in lines for part in prose(line))]
    return out


def fill(template, parts):
    """The template with each line @NAME@ replaced by the lines of that name."""
    out = []
    for line in template.splitlines():
        name = re.fullmatch(r"@(\w+)@", line)
        out += parts[name[1]] if name else [line]
    needless = {number for number, line in enumerate(out) if line == ".Pp" and (
        out[number - 1].startswith(BEFORE) or out[number + 1].startswith(AFTER))}
    return "\n".join(line for number, line in enumerate(out) if number not in needless) + "\n"
