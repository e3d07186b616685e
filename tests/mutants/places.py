# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""The single changes that can be made to a C file.

  compare    == and != swapped; < and <=, > and >= swapped
  logic      && and || swapped
  bits       | and &, << and >> swapped
  arithmetic + and - between two values swapped; ++ and -- swapped
  constant   a number one more; one less, unless it is 0
  condition  if (X) becomes if (!(X))
  return     a negative errno becomes 0; true and false swapped
  call       a statement that is a call is taken out
  store      a statement that stores is taken out
  order      a memory order is made weaker by one step
  fence      a fence is taken out

What stands in comments, texts, preprocessor lines and static_asserts, and outside of functions'
bodies what is not a constant, stays as it is.
"""

import collections
import re

Place = collections.namedtuple("Place", "file line function operator old new start end text")
Place.__doc__ = """text replaces the bytes from start to end of the file; old and new are what its
lines are before and after."""

TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+)(?:[uUlL]*)(?![.\w]))
  | (?P<float>\d[\w.]*)
  | (?P<sign>->|<<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\.\.\.|[^\s\w])
""", re.VERBOSE | re.DOTALL | re.MULTILINE)

SWAPS = {
    "compare": {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">"},
    "logic": {"&&": "||", "||": "&&"},
    "bits": {"|": "&", "&": "|", "<<": ">>", ">>": "<<"},
    "arithmetic": {"+": "-", "-": "+", "++": "--", "--": "++"},
}
BINARY_ONLY = {"&", "-", "+"}  # which are also signs of one value
WEAKER = {
    "memory_order_seq_cst": ["memory_order_acq_rel"],
    "memory_order_acq_rel": ["memory_order_acquire", "memory_order_release"],
    "memory_order_acquire": ["memory_order_relaxed"],
    "memory_order_release": ["memory_order_relaxed"],
}
FENCES = {"atomic_thread_fence", "atomic_signal_fence"}
STORES = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"}
NO_CALLS = {"if", "for", "while", "switch", "return", "sizeof", "static_assert", "assert"}


class Token:
    def __init__(self, match):
        self.kind, self.text = match.lastgroup, match.group()
        self.start, self.end = match.span()


def tokens_of(source):
    found = [Token(match) for match in TOKEN.finditer(source)]
    return [token for token in found if token.kind != "skip"]


def partners(tokens):
    """Of each bracket the other one, by index."""
    pairs, open_at = {}, []
    for i, token in enumerate(tokens):
        if token.text in "([{":
            open_at.append(i)
        elif token.text in ")]}" and open_at:
            pairs[i] = open_at.pop()
            pairs[pairs[i]] = i
    return pairs


def functions(tokens, pairs):
    """The name of the function whose body a token is in, by index; None outside."""
    names, i = [None] * len(tokens), 0
    while i < len(tokens):
        end = pairs.get(i)
        if tokens[i].text == "{" and end is not None and i > 0 and tokens[i - 1].text == ")":
            name = tokens[pairs[i - 1] - 1].text
            names[i + 1:end] = [name] * (end - i - 1)
            i = end
        elif tokens[i].text in "({" and end is not None:
            i = end
        i += 1
    return names


class Reader:
    """The places of one file."""

    def __init__(self, name, source):
        self.name, self.source = name, source
        self.tokens = tokens_of(source)
        self.pairs = partners(self.tokens)
        self.functions = functions(self.tokens, self.pairs)

    def place(self, at, operator, start, end, text):
        first = self.source.rfind("\n", 0, start) + 1
        last = self.source.find("\n", end)
        last = len(self.source) if last < 0 else last
        old = self.source[first:last]
        new = self.source[first:start] + text + self.source[end:last]
        return Place(self.name, self.source.count("\n", 0, start) + 1, self.functions[at] or "",
                     operator, " ".join(old.split()), " ".join(new.split()), start, end, text)

    def replace(self, i, operator, text):
        return self.place(i, operator, self.tokens[i].start, self.tokens[i].end, text)

    def text(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def is_binary(self, i):
        before = self.tokens[i - 1]
        if before.text == ")":  # not behind a cast
            return not re.search(r"(_t|int|char|long|\*)$", self.text(i - 2))
        return before.kind in ("word", "number", "float") and before.text != "return" \
            or before.text == "]"

    def swaps(self, i):
        text = self.text(i)
        for operator, swaps in SWAPS.items():
            if text in swaps and (text not in BINARY_ONLY or self.is_binary(i)):
                yield self.replace(i, operator, swaps[text])

    def constants(self, i):
        text = self.text(i)
        digits = re.match(r"0[xX][0-9a-fA-F]+|\d+", text).group()
        base = 16 if digits[:2] in ("0x", "0X") else 8 if len(digits) > 1 and digits[0] == "0" else 10
        value, ending = int(digits, base), text[len(digits):]
        for other in (value + 1, value - 1):
            if other >= 0:
                shown = {16: hex(other), 8: f"0{other:o}", 10: str(other)}[base]
                yield self.replace(i, "constant", shown + ending)

    def condition(self, i):
        if self.text(i) == "if" and self.text(i + 1) == "(" and i + 1 in self.pairs:
            start, end = self.tokens[i + 1], self.tokens[self.pairs[i + 1]]
            inside = self.source[start.end:end.start]
            yield self.place(i, "condition", start.start, end.end, f"(!({inside}))")

    def returns(self, i):
        if self.text(i) != "return":
            return
        if self.text(i + 1) == "-" and re.match(r"E[A-Z0-9]+$", self.text(i + 2)) \
                and self.text(i + 3) == ";":
            yield self.place(i, "return", self.tokens[i + 1].start, self.tokens[i + 2].end, "0")
        swapped = {"true": "false", "false": "true"}.get(self.text(i + 1))
        if swapped is not None and self.text(i + 2) == ";":
            yield self.replace(i + 1, "return", swapped)

    def statement_end(self, i):
        while self.text(i) not in (";", "{", "}", ""):
            i = self.pairs.get(i, i) + 1 if self.text(i) in "([" else i + 1
        return i if self.text(i) == ";" else None

    def begins_statement(self, i):
        before = self.text(i - 1)
        if before == ")":  # of an if, a for, a while
            return self.text(self.pairs.get(i - 1, 0) - 1) in ("if", "for", "while")
        return before in (";", "{", "}", "else", "do")

    def statements(self, i):
        if not self.functions[i] or not self.begins_statement(i):
            return
        end = self.statement_end(i)
        if end is None:
            return
        first = i + 3 if [self.text(i + k) for k in range(3)] == ["(", "void", ")"] else i
        first += self.text(first) == "!"
        if self.tokens[first].kind == "word" and self.text(first) not in NO_CALLS \
                and self.text(first + 1) == "(" and self.pairs.get(first + 1) == end - 1:
            operator = "fence" if self.text(first) in FENCES else "call"
        elif self.stores(i, end):
            operator = "store"
        else:
            return
        yield self.place(i, operator, self.tokens[i].start, self.tokens[end - 1].end, "")

    def stores(self, i, end):
        """Not a declaration: those begin with two words, or a word and a star."""
        if self.text(i) != "*" and self.text(i + 1) not in STORES | {"->", ".", "["}:
            return False
        level = i
        while level < end:
            if self.text(level) in STORES:
                return True
            level = self.pairs.get(level, level) + 1 if self.text(level) in "([" else level + 1
        return False

    def places(self):
        skipped_to = 0
        for i, token in enumerate(self.tokens):
            if i < skipped_to:
                continue
            if token.text in ("static_assert", "_Static_assert", "__attribute__", "enum") and \
                    not (token.text == "enum" and self.text(i + 1) != "{"):
                skipped_to = self.pairs.get(i + 1, i) + 1
            elif token.text in WEAKER:
                for weaker in WEAKER[token.text]:
                    yield self.replace(i, "order", weaker)
            elif self.functions[i] is None:
                continue
            elif token.kind == "number":
                yield from self.constants(i)
            elif token.kind == "sign":
                yield from self.swaps(i)
            elif token.kind == "word":
                yield from self.condition(i)
                yield from self.returns(i)
            if i >= skipped_to and (token.kind == "word" or token.text in "*("):
                yield from self.statements(i)


def places_of(name, source):
    """Every change of a file, in order."""
    return list(Reader(name, source).places())


def changed(source, place):
    return source[:place.start] + place.text + source[place.end:]
