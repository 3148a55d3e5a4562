#!/usr/bin/env python3
"""Checks that no word of tools/words.txt stands in the tree, in no file and in no file name."""
import argparse
import pathlib
import re
import sys

import tree

WORDS = "tools/words.txt"
# Texts that are not ours, and the files that must name the words.
EXEMPT = ("LICENSE", "docs/rfc-sections.txt", "tests/data/", "fuzz/corpus/", WORDS, "tools/tests/")


def read_words(path):
    forbidden, allowed = [], []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("allow "):
            allowed.append(line[len("allow "):])
        else:
            forbidden.append(line)
    return [re.compile("|".join(f"(?:{word})" for word in words) or r"(?!)", re.I) for words in (forbidden, allowed)]


def findings_in(line, forbidden, allowed):
    spans = [match.span() for match in allowed.finditer(line)]
    for match in forbidden.finditer(line):
        if not any(start <= match.start() < end for start, end in spans):
            yield match.group(0)


def check(root):
    forbidden, allowed = read_words(root / WORDS)
    for path in tree.files(root):
        relative = path.relative_to(root).as_posix()
        if relative.startswith(EXEMPT):
            continue
        for word in findings_in(relative, forbidden, allowed):
            yield f"{relative}: the name contains '{word}'"
        data = path.read_bytes()
        if b"\0" in data:
            continue
        for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
            for word in findings_in(line, forbidden, allowed):
                yield f"{relative}:{number}: '{word}'"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=tree.ROOT)
    return tree.report(check(parser.parse_args().root))


if __name__ == "__main__":
    sys.exit(main())
