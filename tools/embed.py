#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Make a C header that defines a file's text as a constant: embed.py NAME INPUT OUTPUT"""
import sys

name, source, target = sys.argv[1:]
with open(source, "rb") as file:
    data = file.read()
with open(target, "w", encoding="ascii") as out:
    out.write(f"static const char {name}[] = {{\n")
    for start in range(0, len(data), 20):
        out.write("    " + " ".join(f"{byte}," for byte in data[start:start + 20]) + "\n")
    out.write("    0};\n")
