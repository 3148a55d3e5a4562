#!/usr/bin/env python3
"""Checks that no word of tools/words.txt stands in the tree, in no file and in no file name."""
import argparse
import pathlib
import re
import sys

import cpp_text
import tree

WORDS = "tools/words.txt"
# Texts that are not ours, and the files that must name the words.
EXEMPT = ("LICENSE", "docs/rfc-sections.txt", "tests/data/", "fuzz/corpus/", WORDS, "tools/tests/")


class Words:
    def __init__(self, path):
        lists = {"": [], "prose": [], "allow": []}
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith("#"):
                kind, _, rest = line.partition(" ")
                lists[kind if kind in lists else ""].append(rest if kind in lists else line)
        self.everywhere, self.prose, self.allowed = [
            re.compile("|".join(f"(?:{word})" for word in lists[kind]) or r"(?!)", re.I) for kind in ("", "prose", "allow")]

    def found_in(self, line, prose):
        """The forbidden words of a line; `prose` is the part of it that is no code."""
        for pattern, text in ((self.everywhere, line), (self.prose, prose)):
            allowed = [match.span() for match in self.allowed.finditer(text)]
            for match in pattern.finditer(text):
                if not any(start <= match.start() < end for start, end in allowed):
                    yield match.group(0)


def check_file(relative, text, words):
    prose = cpp_text.comments(text) if relative.endswith((".cc", ".h")) else text
    for number, (line, part) in enumerate(zip(text.split("\n"), prose.split("\n")), 1):
        for word in words.found_in(line, part):
            yield f"{relative}:{number}: '{word}'"


def check(root):
    words = Words(root / WORDS)
    for path in tree.files(root):
        relative = path.relative_to(root).as_posix()
        if relative.startswith(EXEMPT):
            continue
        for word in words.found_in(relative, ""):
            yield f"{relative}: the name contains '{word}'"
        data = path.read_bytes()
        if b"\0" not in data:
            yield from check_file(relative, data.decode("utf-8", errors="replace"), words)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=tree.ROOT)
    return tree.report(check(parser.parse_args().root))


if __name__ == "__main__":
    sys.exit(main())
