#!/usr/bin/env python3
"""Runs interop cases: run.py [--guest] [--initiator KIND] [--responder KIND] [--list] [THEME[.CASE] ...]
KIND is a name of kinds.py: keypact, strongswan (ESP in user space), or what needs the kernel's ESP and so a guest."""
import argparse
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
GUEST = HERE.parent / "guest" / "run.py"
SKIPPED = 77                        # the status that ctest takes for a skipped test


class Result(unittest.TextTestResult):
    """Adds the daemons' logs to a failure."""

    def _exc_info_to_string(self, error, test):
        text = super()._exc_info_to_string(error, test)
        lab = getattr(test, "lab", None)
        return f"{text}\n{lab.logs()}\n" if lab else text


def cases(folder):
    """{'theme.case': test} of all test_*.py in a folder."""
    found = {}

    def walk(suite):
        for item in suite:
            if isinstance(item, unittest.TestSuite):
                walk(item)
            else:
                theme = type(item).__module__.removeprefix("test_")
                found[f"{theme}.{item._testMethodName.removeprefix('test_')}"] = item
    sys.path[:0] = [str(folder), str(HERE)]
    walk(unittest.TestLoader().discover(str(folder)))
    return found


def end_kept_pair():
    from case import keeper
    keeper.end()


def in_guest(arguments):
    """The same on a kernel of its own; this process becomes the guest's."""
    names = arguments.names + (arguments.more if os.environ.get("KEYPACT_GUEST_KERNEL") else [])
    words = ["--initiator", arguments.initiator, "--responder", arguments.responder, "--backend", arguments.backend, *names]
    time_travel = ["--time-travel"] if arguments.time_travel else []
    os.execv(sys.executable, [sys.executable, "-B", GUEST, "--timeout", str(arguments.timeout), *time_travel, "--",
                              sys.executable, "-B", __file__, "--folder", arguments.folder, *time_travel, *words])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guest", action="store_true", help="run all of it on a kernel of its own (../guest)")
    parser.add_argument("--time-travel", action="store_true", help="in a guest whose time is simulated")
    parser.add_argument("--timeout", type=int, default=900, help="of the guest, in real seconds (%(default)s)")
    parser.add_argument("--more", nargs="+", default=[], metavar="NAME",
                        help="also these, where the guest's kernel is not that of Debian's package, on which processes begin slowly")
    parser.add_argument("--initiator", default="keypact", metavar="KIND")
    parser.add_argument("--responder", default="strongswan", metavar="KIND")
    parser.add_argument("--backend", default="userspace", help="the IPsec stack of keypactd (%(default)s)")
    parser.add_argument("--folder", default=HERE, type=pathlib.Path, help="where the test_*.py are (this folder)")
    parser.add_argument("--list", action="store_true", help="print the names and end")
    parser.add_argument("names", nargs="*", help="themes, or theme.case; all without any")
    arguments = parser.parse_args()
    if arguments.guest:
        return in_guest(arguments)
    os.environ["KEYPACT_BACKEND"] = arguments.backend
    os.environ["KEYPACT_INITIATOR"] = arguments.initiator
    os.environ["KEYPACT_RESPONDER"] = arguments.responder
    known = cases(arguments.folder.resolve())
    wanted = {name: test for name, test in known.items()
              if not arguments.names or name in arguments.names or name.split(".")[0] in arguments.names}
    if arguments.list:
        print("\n".join(wanted))
        return 0
    if not wanted:
        sys.exit("no such case; --list prints the names")
    from case import PairCase
    PairCase.keeps_pair = arguments.folder.resolve() == HERE    # others change their hosts as they like
    from kinds import KINDS
    for kind in (arguments.initiator, arguments.responder):
        if kind not in KINDS:
            sys.exit(f"no such kind '{kind}'; there are {', '.join(KINDS)}")
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        return SKIPPED
    import peers_root
    peers_root.make()
    from lab import end_cleanly_on_signals
    end_cleanly_on_signals(None if arguments.time_travel else 60 + 60 * len(wanted))
    runner = unittest.TextTestRunner(verbosity=2, resultclass=Result)
    result = runner.run(unittest.TestSuite([*wanted.values(), unittest.FunctionTestCase(end_kept_pair)]))
    if len(result.skipped) >= len(wanted):
        return SKIPPED
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
