#!/usr/bin/env python3
"""Checks docs/interop.md: a cell of its tables says "shown" exactly where tests/interop/CMakeLists.txt lists a case for it, or a theme."""
import argparse
import pathlib
import re
import sys

import tree

DOCUMENT, LISTS, FOLDER = "docs/interop.md", "tests/interop/CMakeLists.txt", "tests/interop"

# What a row is about: a case or a theme of it, by the beginning of its name.
MATTERS = {
    "tunnel, IPv4": ("tunnel.ipv4_over_ipv4",),
    "tunnel, IPv6": ("tunnel.ipv6_over_ipv6", "tunnel.both_families_over_ipv6"),
    "tunnel, mixed": ("tunnel.ipv6_over_ipv4", "tunnel.both_families_over_ipv6"),
    "transport mode": ("transport_mode.",),
    "algorithms": ("algorithms.aes_gcm_256_x25519",),
    "certificates": ("certificates.",),
    "NULL authentication": ("null.",),
    "NAT before one": ("nat.initiator_behind_a_nat",),
    "NAT before both": ("nat.both_ends_behind_nats",),
    "rekeyed by the initiator": ("rekey.child_sa_by_the_initiator", "rekey.ike_sa_by_the_initiator", "rekey.by_turns"),
    "rekeyed by the responder": ("rekey.child_sa_by_the_responder", "rekey.ike_sa_by_the_responder", "rekey.by_turns"),
    "deleted": ("delete.",),
    "liveness": ("tunnel.liveness_checks_keep_an_idle_tunnel", "staying.dpd"),
    "traps": ("staying.the_only_packet_through_a_trap_arrives", "staying.the_first_ping_through_a_trap_is_answered"),
    "several Child SAs": ("delete.further_child",),
    "narrowing": ("tunnel.responder_narrows_the_selectors",),
    "xfrm interfaces": ("placement.",),
    "restart": ("restart.",),
}

# What a theme that is listed skips when it runs, because the peer cannot do it; tests/interop/<peer>.py gives the reason.
SKIPPED = {"openiked": ("tunnel.ipv6_over_ipv4", "tunnel.both_families_over_ipv6", "delete.further_child"),
           "libreswan": ("tunnel.both_families_over_ipv6",)}

# A command of the lists: a name and words, without quotes.
COMMAND = re.compile(r"^\s*(set|foreach|endforeach|keypact_guest_cases)\(([^()]*)\)", re.M)


def cases(root):
    """All names of cases that the folder has."""
    found = []
    for path in sorted((root / FOLDER).glob("*.py")):
        theme = path.stem.removeprefix("test_").removesuffix("_cases")
        pattern = r'^    "(\w+)": \("' if theme == "algorithms" else r"^ +def test_(\w+)"
        found += [f"{theme}.{name}" for name in re.findall(pattern, path.read_text(), re.M)]
    return found


def expand(words, variables):
    """The words with their variables replaced, as CMake does it in lists."""
    found = []
    for word in words.split():
        while match := re.search(r"\$\{([^${}]+)\}", word):
            word = word.replace(match.group(), " ".join(variables.get(match.group(1), ())))
        found += word.split()
    return found


def run(commands, variables, listed):
    """Walks through the commands; `listed` gets (initiator, responder): names."""
    while commands:
        name, words = commands.pop(0)
        if name == "endforeach":
            return
        if name == "foreach":
            loop, *values = expand(words.replace(" IN LISTS ", " ").replace(" IN ITEMS ", " "), variables)
            body = []
            for value in values:
                body = list(commands)
                run(body, variables | {loop: [value]}, listed)
            commands[:] = body
        elif name == "set":
            target, *values = expand(words, variables)
            variables[target] = values
        else:
            _, initiator, responder, *names = expand(words, variables)
            listed.setdefault((initiator, responder), set()).update(word for word in names if word != "--more")


def listed_cases(root):
    text = re.sub(r"#.*", "", (root / LISTS).read_text())
    listed = {}
    run(COMMAND.findall(text[text.index("if(TARGET"):]), {}, listed)
    known, themes = cases(root), {name.split(".")[0] for name in cases(root)}
    return {pair: {case for case in known for name in names if case == name or (name in themes and case.startswith(name + "."))}
            for pair, names in listed.items()}


def columns(listed, peer):
    """(where keypactd initiates, where it responds), with whatever stack it has."""
    def of(which):
        ours = {"keypact", "keypact-kernel", "keypact-userspace"}
        names = set().union(*(names for pair, names in listed.items() if pair[which] == peer and pair[1 - which] in ours))
        owns_trap = which == 1                      # keypactd, which initiates
        return {name for name in names if not name.startswith(SKIPPED.get(peer, ("/",))) and (owns_trap or "_trap" not in name)}
    return of(1), of(0)


def complaints(text, listed):
    found, rows = [], re.findall(r"^\| (.+) \|$", text, re.M)
    header = [cell.strip() for cell in rows[0].split("|")]
    table = {cells[0]: cells[1:] for cells in ([cell.strip() for cell in row.split("|")] for row in rows[2:])}
    found += [f"no row '{matter}'" for matter in MATTERS if matter not in table]
    for matter, cells in table.items():
        if matter not in MATTERS or len(cells) != len(header) - 1:
            found.append(f"row '{matter}' is none of the checker, or not as long as the header")
            continue
        for column, cell in zip(header[1:], cells):
            peer, way = column.rsplit(" ", 1)
            have = columns(listed, peer)[way == "initiates"]
            shown = any(case.startswith(beginning) for case in have for beginning in MATTERS[matter])
            if shown != (cell == "shown") or not cell:
                found.append(f"'{matter}', {column}: says '{cell}', {'a case is' if shown else 'no case is'} listed")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=tree.ROOT)
    parser.add_argument("--list", action="store_true", help="print what is listed for each pair")
    arguments = parser.parse_args()
    listed = listed_cases(arguments.root)
    if arguments.list:
        for pair, names in sorted(listed.items()):
            print(*pair, *sorted(names))
    return tree.report(f"{DOCUMENT}: {line}" for line in complaints((arguments.root / DOCUMENT).read_text(), listed))


if __name__ == "__main__":
    sys.exit(main())
