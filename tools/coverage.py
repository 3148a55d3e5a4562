#!/usr/bin/env python3
"""Prints the share of executed lines of each folder of src/, from the counters of a build directory (gcov).

`--missing PART` also prints the lines never executed of the files whose path contains PART.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tree


def counts_of(counters):
    """(source, line, executions) of one .gcda file."""
    with tempfile.TemporaryDirectory() as directory:
        output = subprocess.run(["gcov", "--json-format", "--stdout", str(counters)], cwd=directory, check=True,
                                capture_output=True).stdout
    found = []
    for document in output.splitlines():
        for source in json.loads(document)["files"]:
            found += [(source["file"], line["line_number"], line["count"]) for line in source["lines"]]
    return found


def collect(build):
    """Executions by source of src/ (relative to it, without tests) and line."""
    executed = collections.defaultdict(lambda: collections.defaultdict(int))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(counts_of, sorted(build.rglob("*.gcda"))):
            for source, line, count in found:
                path = os.path.relpath(os.path.join(tree.ROOT, source), tree.ROOT / "src")
                if not path.startswith("..") and not path.endswith("_test.cc"):
                    executed[path][line] += count
    return executed


def summary(executed):
    """Yields (folder, executed lines, all lines)."""
    folders = collections.defaultdict(lambda: [0, 0])
    for path, lines in executed.items():
        folder = folders[path.rpartition("/")[0]]
        folder[0] += sum(1 for count in lines.values() if count)
        folder[1] += len(lines)
    for name in sorted(folders):
        yield name, *folders[name]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--missing", metavar="PART")
    arguments = parser.parse_args()
    executed = collect(arguments.build.resolve())
    if not executed:
        print(f"no counters in {arguments.build}", file=sys.stderr)
        return 1
    rows = list(summary(executed))
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    for name, hit, lines in rows:
        print(f"{name:<12} {hit:6} of {lines:6} lines  {100 * hit / lines:5.1f} %")
    for path in sorted(executed) if arguments.missing else ():
        never = sorted(line for line, count in executed[path].items() if not count)
        if arguments.missing in path and never:
            print(f"{path}: {' '.join(map(str, never))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
