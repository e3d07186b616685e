#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: connstat contributors
"""Make the dashboard one file: page.html with the styles and scripts in it, as a C array.

    build_page.py OUT.c OUT.h page.html FILE.css ... FILE.js ...

There are three scripts: early.js at the page's beginning; our other files, joined in the order
given; and last the libraries (*.min.js), which are half of the page's bytes, and which nothing but
the charts waits for. The header carries the Content-Security-Policy, which admits exactly these
bytes by their hash and no request but to the server itself.
"""
import base64
import gzip
import hashlib
import pathlib
import re
import sys

LIMIT_BYTES = 150_000
LIMIT_GZIP_BYTES = 45_000


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def without_words(text):
    """Without indentation, empty lines and lines that are comments: no string of ours spans lines."""
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def without_blanks(style):
    """Without comments, and without the blanks that mean nothing in a style sheet."""
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    style = re.sub(r"\s+", " ", style).replace(": ", ":")
    return re.sub(r" ?([{};,>]) ?", r"\1", style).replace(";}", "}").strip()


def join_styles(paths):
    return "\n".join(without_blanks(read(path)) for path in paths)


def join_scripts(paths):
    return "\n".join(["(() => {\n'use strict';"] + [without_words(read(path)) for path in paths] + ["})();"])


def source(text):
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def policy(style, *scripts):
    return "; ".join([
        "default-src 'none'", f"style-src {source(style)}",
        f"script-src {' '.join(source(script) for script in scripts)}",
        "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'",
        "frame-ancestors 'none'"])


def array(data):
    lines = (data[i:i + 16] for i in range(0, len(data), 16))
    return "\n".join("    " + " ".join(f"{byte}," for byte in line) for line in lines)


def definition(name, data):
    return (f"const size_t {name}_size = {len(data)};\n"
            f"const unsigned char {name}_bytes[] = {{\n{array(data)}\n}};\n")


def main():
    out_c, out_h, html, *rest = sys.argv[1:]
    scripts = [path for path in rest if path.endswith(".js")]
    libraries = [path for path in scripts if path.endswith(".min.js")]
    early = next(path for path in scripts if path.endswith("/early.js"))
    parts = {
        "@STYLE@": join_styles(path for path in rest if path.endswith(".css")),
        "@EARLY@": without_words(read(early)),
        "@SCRIPT@": join_scripts(path for path in scripts if path not in (early, *libraries)),
        "@LIBRARIES@": "\n".join(read(path).strip() for path in libraries),
    }
    if re.search("</(script|style)", "".join(parts.values()), re.IGNORECASE):
        sys.exit("a closing tag within the scripts or styles would end them early")
    page = without_words(read(html))
    for place, text in parts.items():
        page = page.replace(place, text)
    page = page.encode()
    if len(page) >= LIMIT_BYTES:
        sys.exit(f"the page has {len(page)} bytes, {LIMIT_BYTES} are too many")
    compressed = gzip.compress(page, 9, mtime=0)
    if len(compressed) >= LIMIT_GZIP_BYTES:
        sys.exit(f"the page has {len(compressed)} bytes in gzip, {LIMIT_GZIP_BYTES} are too many")
    etag = hashlib.sha256(page).hexdigest()[:16]
    pathlib.Path(out_h).write_text(
        "#include <stddef.h>\n\n"
        "extern const unsigned char page_bytes[], page_gzip_bytes[];\n"
        "extern const size_t page_size, page_gzip_size;\n\n"
        f"#define PAGE_ETAG \"W/\\\"{etag}\\\"\"\n"
        f"#define PAGE_CONTENT_SECURITY_POLICY \\\n    \"{policy(*parts.values())}\"\n")
    pathlib.Path(out_c).write_text(
        f'#include "{pathlib.Path(out_h).name}"\n\n'
        + definition("page", page) + definition("page_gzip", compressed))


if __name__ == "__main__":
    main()
