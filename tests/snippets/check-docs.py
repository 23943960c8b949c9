#!/usr/bin/env python3
"""Fails if a snippet in docs/sign-in.md is not, letter by letter, the marked part of its file here: only these are executed.

In the documentation a snippet is a fence after `<!-- snippet: LANGUAGE MODE -->`; in tests/snippets/LANGUAGE/ it stands between
the lines with `snippet:begin MODE` and `snippet:end`. Without its indentation it must be the same, and nothing may be missing.
"""

import difflib
import re
import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent.parent / "docs" / "sign-in.md"
MARKED = re.compile(r"^[^\n]*snippet:begin (\w+)[^\n]*\n(.*?)^[^\n]*snippet:end[^\n]*$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"<!-- snippet: (\w+) (\w+) -->")
SHOWN = re.compile(r"^<!-- snippet: (\w+) (\w+) -->\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def marked_parts():
    parts = {}
    for path in sorted(path for path in HERE.glob("*/*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        found = MARKED.findall(text)
        if len(found) != text.count("snippet:begin"):
            sys.exit(f"check-docs: {path}: `snippet:begin` without a mode or without `snippet:end`")
        for mode, part in found:
            language = path.parent.name
            if (language, mode) in parts:
                sys.exit(f"check-docs: {path}: `{language} {mode}` is marked twice")
            parts[language, mode] = textwrap.dedent(part)
    return parts


def problems(parts, docs):
    shown = SHOWN.findall(docs)
    if len(shown) != len(COMMENT.findall(docs)):
        yield "a comment `<!-- snippet: … -->` stands alone on its line, directly before its fence"
    for language, mode, text in shown:
        part = parts.get((language, mode))
        if part is None:
            yield f"`{language} {mode}`: no file in tests/snippets/{language}/ has this part"
        elif part != text:
            lines = difflib.unified_diff(
                text.splitlines(), part.splitlines(), "docs/sign-in.md", f"tests/snippets/{language}", lineterm=""
            )
            yield "\n".join([f"`{language} {mode}` differs:", *lines])
    for language, mode in sorted(parts.keys() - {(language, mode) for language, mode, _ in shown}):
        yield f"`{language} {mode}` of tests/snippets is not in the documentation"


def main():
    parts = marked_parts()
    if not parts:
        sys.exit(f"check-docs: nothing is marked under {HERE}")
    found = list(problems(parts, DOCS.read_text(encoding="utf-8")))
    for problem in found:
        print(f"check-docs: {problem}", file=sys.stderr)
    if found:
        sys.exit(1)
    print(f"check-docs: {len(parts)} snippets of docs/sign-in.md are those of tests/snippets")


main()
