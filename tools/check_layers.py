#!/usr/bin/env python3
"""Checks the includes of src/ and the DEPENDS of its CMakeLists.txt against tools/layers.txt.

An include goes down to a folder that the table names; headers and calls of a closed group need the folder's right.
Test files (`*_test.cc`, `test_*.h`) keep to the layers, but may use files, the clock and seeded generators; nothing
else includes a test header.
"""
import argparse
import dataclasses
import fnmatch
import pathlib
import re
import sys

import cpp_text
import tree

GROUPS = {
    "system": ["sys/*", "net/*", "netinet/*", "arpa/*", "linux/*", "libmnl/*", "asio.hpp", "asio/*", "systemd/*", "unistd.h",
               "fcntl.h", "netdb.h", "ifaddrs.h", "poll.h", "signal.h", "csignal", "sched.h", "spawn.h", "dlfcn.h",
               "pwd.h", "grp.h", "syslog.h", "termios.h", "ucontext.h", "execinfo.h"],
    "files": ["fstream", "iostream", "filesystem", "syncstream", "print"],
    "clock": ["time.h", "ctime", "sys/time.h", "sys/timerfd.h"],
    "threads": ["thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch", "barrier",
                "stop_token", "pthread.h", "threads.h"],
    "random": ["random", "sys/random.h"],   # RandomSource is the only source; so nobody has this right
    "openssl": ["openssl/*"],
    "spdlog": ["spdlog/*"],
    "curl": ["curl/*"],
    "sqlite": ["sqlite3.h"],
    "unbound": ["unbound.h"],
}
CALLS = {
    "clock": r"\b\w+_clock\s*::\s*now\b|\b(?:clock_gettime|gettimeofday|timespec_get)\s*\(|\btime\s*\(\s*(?:nullptr|NULL|0)\s*\)",
    "files": r"\b(?:fopen|freopen|popen|tmpfile|getenv|secure_getenv|setenv)\s*\(|\bstd\s*::\s*system\s*\(",
    "threads": r"\bstd\s*::\s*(?:jthread|thread|this_thread|mutex|async)\b",
    "random": r"(?<![\w.>])(?:rand|srand|rand_r|drand48|getrandom|getentropy|arc4random\w*)\s*\(|\bstd\s*::\s*random_device\b",
}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


@dataclasses.dataclass
class Folder:
    layer: int
    allowed: frozenset
    rights: frozenset


@dataclasses.dataclass
class Table:
    folders: dict
    files: dict

    def folder_of(self, path):
        """The folder of the table that a path below src/ lies in."""
        parent = path.rpartition("/")[0]
        return parent if parent in self.folders else None

    def rights_of(self, path):
        return self.folders[self.folder_of(path)].rights | self.files.get(path, frozenset())


def read_table(path):
    table = Table({}, {})
    for line in path.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if not line.strip() or line.startswith("#"):
            continue
        if cells[1].isdigit():
            table.folders[cells[0]] = Folder(int(cells[1]), frozenset(cells[2].split()), frozenset(cells[3].split()))
        else:
            table.files[cells[0]] = frozenset(cells[1].split())
    return table


def check_table(table):
    for name, folder in table.folders.items():
        for lower in sorted(folder.allowed):
            if lower not in table.folders or table.folders[lower].layer >= folder.layer:
                yield f"tools/layers.txt: {name} (layer {folder.layer}) may not list {lower}"
        for right in sorted(folder.rights - GROUPS.keys()):
            yield f"tools/layers.txt: {name} has the unknown right '{right}'"
        if name.startswith("ike/") and folder.rights:
            yield f"tools/layers.txt: {name} may have no rights"


def group_of_header(header):
    return [group for group, patterns in GROUPS.items() if any(fnmatch.fnmatch(header, p) for p in patterns)]


def is_test(path):
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.cc")


def check_own_include(src, path, header, table, depends):
    own = table.folder_of(path)
    target = table.folder_of(header)
    if is_test(header) and not is_test(path):
        return f'"{header}" is for tests'
    if not (src / header).is_file():
        return f'"{header}" does not exist below src/'
    if target == own:
        return None
    if target not in table.folders[own].allowed:
        return f'{own} may not include "{header}"'
    if depends is not None and target not in depends:
        return f'"{header}" is included, but {target} is not in DEPENDS of src/{own}/CMakeLists.txt'
    return None


def check_foreign_include(path, header, rights):
    for group in group_of_header(header):
        if group not in rights:
            return f"<{header}> needs the right '{group}'"
        if group == "openssl" and not path.endswith(".cc"):
            return f"<{header}> may stand only in .cc files"
    return None


def check_source(src, path, table, depends):
    text = cpp_text.without_comments((src / path).read_text(encoding="utf-8", errors="replace"))
    rights = table.rights_of(path)
    if is_test(path):
        rights = rights | {"files", "clock", "random"}
    for match in INCLUDE.finditer(text):
        where = f"src/{path}:{cpp_text.line_of(text, match.start(1))}"
        own = match.group(1) == '"'
        found = (check_own_include(src, path, match.group(2), table, depends) if own
                 else check_foreign_include(path, match.group(2), rights))
        if found:
            yield f"{where}: {found}"
    code = cpp_text.without_strings(text)
    for group, pattern in CALLS.items():
        if group not in rights:
            for match in re.finditer(pattern, code):
                yield f"src/{path}:{cpp_text.line_of(code, match.start())}: '{match.group(0)}' needs the right '{group}'"


def read_depends(path):
    """The NAME and the DEPENDS of the keypact_folder() call of a CMakeLists.txt."""
    text = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
    call = re.search(r"\bkeypact_folder\s*\(([^)]*)\)", text)
    if not call:
        return None, set()
    lists = {"NAME": [], "DEPENDS": [], "LIBS": [], "EXECUTABLE": []}
    current = None
    for word in call.group(1).split():
        if word in lists:
            current = lists[word]
        elif current is not None:
            current.append(word)
    return "".join(lists["NAME"]), set(lists["DEPENDS"])


def check_cmake(src, folder, table):
    """The findings for one folder's CMakeLists.txt, and its DEPENDS (None if there is no such file)."""
    path = src / folder / "CMakeLists.txt"
    where = f"src/{folder}/CMakeLists.txt"
    if not path.exists():
        return [f"{where} does not exist"], None
    name, depends = read_depends(path)
    findings = []
    if name != folder:
        findings.append(f"{where}: NAME is '{name}' and not {folder}")
    for lower in sorted(depends - table.folders[folder].allowed):
        findings.append(f"{where}: {folder} may not depend on {lower}")
    return findings, depends


def check(root):
    src = root / "src"
    table = read_table(root / "tools/layers.txt")
    yield from check_table(table)
    depends = {}
    for path in tree.files(src, {".cc", ".h"}):
        relative = path.relative_to(src).as_posix()
        folder = table.folder_of(relative)
        if folder is None:
            yield f"src/{relative}: its folder is not in tools/layers.txt"
            continue
        if folder not in depends:
            findings, depends[folder] = check_cmake(src, folder, table)
            yield from findings
        yield from check_source(src, relative, table, depends[folder])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=tree.ROOT)
    return tree.report(check(parser.parse_args().root))


if __name__ == "__main__":
    sys.exit(main())
