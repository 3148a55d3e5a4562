#!/usr/bin/env python3
"""Checks that every `RFC 7296 §2.8.1` in the tree names a section that exists, by docs/rfc-sections.txt.

`--regenerate DIR` writes docs/rfc-sections.txt from the rfcNNNN.txt files of DIR; RFCs that the file lists and DIR
lacks are kept.
"""
import argparse
import pathlib
import re
import sys

import tree

SECTIONS = "docs/rfc-sections.txt"
SUFFIXES = {".cc", ".h", ".py", ".sh", ".md", ".txt", ".cmake", ".conf"}

NUMBER = r"((?:[1-9]\d?|[A-Z](?=\.\d))(?:\.(?:0|[1-9]\d?))*)"
HEADING = re.compile(rf"^(?:Section +)?{NUMBER}(?:[.:]\s+\S|\.?\s*[A-Za-z\"(])")
INDENTED = re.compile(rf"^ {{0,3}}{NUMBER}\.?\s+[A-Za-z\"(]")
CONTENTS = re.compile(rf"^\s*{NUMBER}\.?\s*[A-Za-z\"(/\d]")
PAGE_NUMBER = re.compile(r"[ .]\s*\d+\s*$")
APPENDIX = re.compile(r"^(?:Appendix|APPENDIX|Annex)(?: +([A-Z]))?(?![\w,])")

SECTION = r"(?:\d+|[A-Z]\b)(?:\.\d+)*"
CITATION = re.compile(rf"RFC (\d{{2,5}}) (§{SECTION}(?:(?:, and |, | and | or | to |/|-|–)§{SECTION}|[-–/]{SECTION})*)")
SLOPPY = re.compile(rf"RFC[ -]?\d{{2,5}}(?:[,:]? ?\(?(?:[Ss]ections?|[Ss]ec\.|[Aa]ppendix)|,? ?§(?:{SECTION})?)")
EXACT = re.compile(rf"RFC \d{{2,5}} §{SECTION}")


def section_ids(text):
    """The ids of the sections of one RFC, in order: '1', '2.8.1', 'A', 'B.2'.

    They are the headings at the left margin and the lines of the table of contents. Where there is a table, a
    heading counts only below a top-level section of the table, which keeps numbered lists out.
    """
    contents, body = split_contents(text.splitlines())
    listed = {found for line in contents for found in [id_of(line.strip(), CONTENTS)] if found}
    headings = {found for line in body for found in [id_of(line, HEADING)] if found}
    if not contents:   # the old ones indent: all headings, or those of subsections
        indented = {found for line in body for found in [id_of(line, INDENTED)] if found}
        headings |= {found for found in indented if "." in found or not headings & {"1", "2"}}
    if "1" in listed and "2" in listed:
        tops = {section.split(".")[0] for section in listed}
        headings = {section for section in headings if section.split(".")[0] in tops or not section[0].isdigit()}
    accepted = set()
    for candidate in sorted(listed | headings, key=sort_key):
        if follows(candidate, accepted):
            accepted.add(candidate)
    return sorted(accepted, key=sort_key)


def split_contents(lines):
    """The lines of the table of contents (none, if there is none) and the lines after it."""
    start = next((i for i, line in enumerate(lines) if re.match(r"\s*table of contents\W*$", line, re.I)), None)
    if start is None:
        return [], lines
    for i in range(start + 1, len(lines)):
        if re.match(r"(Section )?[01]\b\.?\s", lines[i]) and not PAGE_NUMBER.search(lines[i]):
            return lines[start + 1:i], lines[i:]
    return [], lines


def id_of(line, pattern):
    appendix = APPENDIX.match(line)
    if appendix:
        return appendix.group(1) or "A"
    match = pattern.match(line)
    return match.group(1) if match else None


def sort_key(section):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in section.split(".")]


def follows(candidate, accepted):
    """A number is a section only after the number before it; its parent may lack a heading (RFC 2407)."""
    head, _, last = candidate.rpartition(".")
    if head and head not in accepted:
        if not follows(head, accepted):
            return False
        accepted.add(head)
    if not last.isdigit():
        return True
    before = f"{head}.{int(last) - 1}" if head else str(int(last) - 1)
    return int(last) == 1 or before in accepted or candidate == "0"


def regenerate(directory, target):
    known = read_sections(target) if target.exists() else {}
    for path in pathlib.Path(directory).glob("rfc*.txt"):
        ids = section_ids(path.read_text(encoding="utf-8", errors="replace"))
        known[int(path.stem[3:])] = ids
    lines = ["# The sections of the RFCs, for tools/check_rfc_citations.py, which also writes this file."]
    lines += [" ".join([str(number), *known[number]]) for number in sorted(known)]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_sections(path):
    known = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            number, *ids = line.split()
            known[int(number)] = ids
    return known


def cited(text):
    """Yields (offset, RFC, section) of each exact citation; `§3.3 to §3.16` and `§2.1, §2.2` cite the same RFC."""
    for match in CITATION.finditer(text):
        for section in re.findall(SECTION, match.group(2)):
            yield match.start(), int(match.group(1)), section


def unwrapped(text):
    """Joins a citation that was broken over two comment lines, keeping every offset's line within one."""
    return re.sub(r"(RFC|RFC \d{2,5}|§[\d.]+,)\n[ \t]*(?://+|#|\*)?[ \t]*(?=\d|§)", r"\1 ", text)


def check_file(relative, text, known):
    text = unwrapped(text)
    for match in SLOPPY.finditer(text):
        if not EXACT.match(match.group(0)):
            yield f"{relative}:{line_of(text, match.start())}: '{match.group(0)}': write 'RFC 7296 §2.8.1'"
    for offset, number, section in cited(text):
        where = f"{relative}:{line_of(text, offset)}"
        if number not in known:
            yield f"{where}: RFC {number} is not listed in {SECTIONS}, so §{section} cannot be checked"
        elif section not in known[number]:
            yield f"{where}: RFC {number} has no §{section}"


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def check(root):
    known = {number: set(ids) for number, ids in read_sections(root / SECTIONS).items()}
    for path in tree.files(root, SUFFIXES):
        relative = path.relative_to(root).as_posix()
        if relative != SECTIONS and not relative.startswith(("tests/data/", "tools/tests/")):
            yield from check_file(relative, path.read_text(encoding="utf-8", errors="replace"), known)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=tree.ROOT)
    parser.add_argument("--regenerate", metavar="DIR")
    arguments = parser.parse_args()
    if arguments.regenerate:
        regenerate(arguments.regenerate, arguments.root / SECTIONS)
        return 0
    return tree.report(check(arguments.root))


if __name__ == "__main__":
    sys.exit(main())
