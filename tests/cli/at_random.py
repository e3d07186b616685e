# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Metadata at random, of all types and of everything that is easily got wrong."""

import math
import struct

from harness import field

TRICKY = ["", "-", "true", "false", "NaN", "Infinity", "42", "007", "1.10", "-0", "1e5", "+1", ".5",
          '"', '"42"', "\\", "\\n", "a\\", "a b", " a", "a ", "a=1", "a=1|b=2", "a && b", "x and y=1",
          "(", ")", "()", "~x", "=x", "<x", "!x", "*=", "\r", "\n", "\t", "\x1b[31m", "\x7f", "\u0085",
          "\u202e", "\u200b", "\ufeff", "\u2028", "日本", "🎮", "ü", "null", "0x10", "text:1", "'x'",
          "`x`", "$x", "a,b", "a;b", "{}", "[1]", "\\u0041", "%41", "9223372036854775807"]
NUMBERS = [0, 1, -1, 42, 2**53, 2**53 + 1, -2**53 - 1, 2**63 - 1, -2**63, 0.1, -0.0, 0.1 + 0.2, 1e300,
           5e-324, -1.5, 1e22, 1732990000.123, 1732990000.999, math.nan, math.inf, -math.inf, 1 / 3]
NAMES = ["v", "user_id", "a b", "a=b", "type", "id", ".x", "key", "x|y", 'q"', "(p)", "*", "~", "!n",
         "back\\slash", "é", "age", "worker", "nul\x01", "a&b"]


def text(chance):
    alphabet = "ab01 =|\"\\()<>~!*^&.,-+\n\r\t\x1b\x01éü日🎮\u202e'"
    return "".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 12)))


def value(chance):
    kind = chance.randrange(6)
    if kind == 0:
        return chance.choice(TRICKY)
    if kind == 1:
        return text(chance)
    if kind == 2:
        return chance.choice(NUMBERS)
    if kind == 3:
        return chance.getrandbits(64) - 2**63
    if kind == 4:
        return chance.random() < 0.5
    return struct.unpack("<d", chance.getrandbits(64).to_bytes(8, "little"))[0]


def same(shown, registered):
    """Of the same type, but that a whole float may read back as an integer."""
    if isinstance(registered, bool) or isinstance(shown, bool) or isinstance(registered, str):
        return type(shown) is type(registered) and shown == registered
    return not isinstance(shown, str) and shown == registered


def register(test, worker, kind, count, chance):
    """Register so many entries. {id: fields}"""
    registered = {}
    for _ in range(count):
        fields = {name: value(chance) for name in chance.sample(NAMES, chance.randrange(1, 5))}
        identity = worker.do("register", kind, "-", *(field(*pair) for pair in fields.items()))
        registered[str(identity)] = fields
    test.assertEqual(len(registered), count)
    return registered


def check(test, entry, fields):
    """What an entry in JSON shows is what was registered, or is marked as no finite number."""
    test.assertEqual(list(entry["metadata"]), list(fields))
    for name, shown in entry["metadata"].items():
        wanted = fields[name]
        if isinstance(wanted, float) and not math.isfinite(wanted):
            test.assertIsNone(shown)
            if "not_finite" in entry:
                shown = float(entry["not_finite"][name].replace("Infinity", "inf"))
                test.assertTrue(shown == wanted or math.isnan(shown) and math.isnan(wanted))
        else:
            test.assertTrue(same(shown, wanted), (shown, wanted))
