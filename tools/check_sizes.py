#!/usr/bin/env python3
"""Checks the sizes of STYLE: a file has at most 600 lines, a function at most 70.

C++ functions are found by matching braces, from the first line of the head to the closing brace, so a lambda counts
to the function around it. Of Python functions the syntax tree knows the lines. Shell has the limit of files only.
"""
import argparse
import ast
import pathlib
import re
import sys

import cpp_text
import tree

FILE_LINES = 600
FUNCTION_LINES = 70
SUFFIXES = {".cc", ".h", ".py", ".sh", ".cmake"}
NAMES = {"CMakeLists.txt", "dev", "run"}


def without_groups(head):
    """The head of a block without what stands in parentheses, and without template parameters."""
    while True:
        shorter = re.sub(r"\([^()]*\)", "()", head.replace("()", "\0"))
        shorter = re.sub(r"\btemplate\s*<[^<>]*>", " ", shorter)
        shorter = re.sub(r"<[^<>=]*>", "", shorter).replace("\0", "()")
        if shorter == head:
            return head
        head = shorter


def kind_of(head):
    """What the block with this head is: 'scope' (functions may stand in it), 'function', or 'other' (a list)."""
    head = without_groups(head)
    plain = re.sub(r"\boperator\s*(?:\(\)|\[\]|[^\s\w(]+)", "operator", head)
    if re.search(r"=\s*\[[^\]]*\]", plain):
        return "function"   # a named lambda
    if re.search(r"=\s*$|=[^>]*$", plain) and "==" not in plain:
        return "other"
    if re.search(r"\b(?:namespace|class|struct|union)\b", plain) and "()" not in re.split(r"\bfinal\b|:", plain)[0]:
        return "scope"
    if re.match(r'\s*extern\s*"\s*"\s*$', plain):
        return "scope"
    if re.search(r"\benum\b", plain):
        return "other"
    return "function" if "()" in plain else "other"


def functions(text):
    """Yields (name, first line, number of lines) of each outermost function of a C++ text."""
    code = cpp_text.without_strings(cpp_text.without_directives(cpp_text.without_comments(text)))
    stack = []
    head_start = 0
    for match in re.finditer(r"[{};]", code):
        offset = match.start()
        inside = any(kind != "scope" for kind, _, _ in stack)
        if match.group() == "{":
            head = code[head_start:offset]
            stack.append(("inner" if inside else kind_of(head), head, head_start))
        elif match.group() == "}" and stack:
            kind, head, start = stack.pop()
            if kind == "function":
                above = head.rstrip().rfind("\n\n") + 1 if "\n\n" in head.rstrip() else 0   # a macro without semicolon
                start += above + len(head[above:]) - len(head[above:].lstrip())
                first = cpp_text.line_of(code, start)
                yield name_of(head), first, cpp_text.line_of(code, offset) - first + 1
        if not any(kind != "scope" for kind, _, _ in stack):
            head_start = offset + 1


def name_of(head):
    test = re.search(r"\b(?:TEST\w*|BENCHMARK\w*)\s*\(\s*([^)]*?)\s*\)", head)
    if test:
        return re.sub(r"\s*,\s*", ".", test.group(1))
    match = re.search(r"([~\w:]+|operator\s*\S+?)\s*\(", head)
    return match.group(1) if match else head.strip()


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def check_file(relative, text):
    lines = text.count("\n") + (not text.endswith("\n"))
    if lines > FILE_LINES:
        yield f"{relative}: {lines} lines; {FILE_LINES} are the limit of a file"
    found = ()
    if relative.endswith((".cc", ".h")):
        found = functions(text)
    elif relative.endswith(".py"):
        found = python_functions(text)
    for name, first, count in found:
        if count > FUNCTION_LINES:
            yield f"{relative}:{first}: {name} has {count} lines; {FUNCTION_LINES} are the limit of a function"


def check(root):
    for path in tree.files(root, SUFFIXES, NAMES):
        relative = path.relative_to(root).as_posix()
        if not relative.startswith("tests/data/"):
            yield from check_file(relative, path.read_text(encoding="utf-8", errors="replace"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=tree.ROOT)
    return tree.report(check(parser.parse_args().root))


if __name__ == "__main__":
    sys.exit(main())
