#!/usr/bin/env python3
"""Prints each benchmark beside its bare cost, from the JSON files of Google Benchmark.

A benchmark `Seal/1400` is compared with `SealBare/1400` of the same file. bench/aims.txt has a line `Seal/1400 1.3`
for a ratio that we want; its name may be a shell pattern.
"""
import fnmatch
import json
import pathlib
import sys

import tree

AIMS = tree.ROOT / "bench/aims.txt"


def read_aims(text):
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(pattern, float(aim)) for pattern, aim in lines]


def read_times(results):
    """CPU times in ns by name; of repetitions the median."""
    unit = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    times = {}
    for entry in results["benchmarks"]:
        if entry.get("error_occurred"):
            raise SystemExit(f"{entry['name']}: {entry.get('error_message', 'failed')}")
        if entry.get("run_type") == "aggregate" and entry.get("aggregate_name") != "median":
            continue
        if entry.get("run_type") == "aggregate" or entry["run_name"] not in times:
            times[entry["run_name"]] = entry["cpu_time"] * unit[entry["time_unit"]]
    return times


def ratios(times):
    """Yields (name, time, bare time) of each pair."""
    for name, time in times.items():
        base, slash, arguments = name.partition("/")
        bare = f"{base}Bare{slash}{arguments}"
        if bare in times:
            yield name, time, times[bare]


def rows(times, aims):
    for name, time, bare in ratios(times):
        ratio = time / bare
        aim = next((value for pattern, value in aims if fnmatch.fnmatchcase(name, pattern)), None)
        verdict = "" if aim is None else f"  aim {aim:.2f} {'met' if ratio <= aim else 'MISSED'}"
        yield f"{name:<44} {time / 1e3:12.3f} us  bare {bare / 1e3:12.3f} us  ratio {ratio:5.2f}{verdict}"


def main():
    aims = read_aims(AIMS.read_text(encoding="utf-8")) if AIMS.exists() else []
    printed = 0
    for path in sys.argv[1:]:
        for row in rows(read_times(json.loads(pathlib.Path(path).read_text(encoding="utf-8"))), aims):
            print(row)
            printed += 1
    if not printed:
        print("no benchmark has a bare one beside it (Seal/1400 and SealBare/1400)", file=sys.stderr)
    return 0 if printed else 1


if __name__ == "__main__":
    sys.exit(main())
