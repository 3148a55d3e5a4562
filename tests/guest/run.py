#!/usr/bin/env python3
"""Runs one command as root on a fresh Linux kernel of its own, where the kernel's IPsec stack is complete.

The kernel is User Mode Linux, an ordinary process. Its root is the host's, read-only under a layer in memory that is thrown away;
this tree and the current directory are the host's, read-write. The command runs in the current directory with our environment; its
two streams and its exit status become ours, its standard input is empty. /tmp, /run and /dev are the guest's own.
Exit status: the command's; 124 when the time ran out, 125 when the guest did not come up or died, 77 when there is no kernel."""
import argparse
import ctypes
import hashlib
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TIMED_OUT, DIED, NO_KERNEL = 124, 125, 77
_PR_SET_PDEATHSIG = 1


def cache():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "keypact" / "guest"


def kernel():
    """The path of the kernel: KEYPACT_GUEST_KERNEL, which may be compressed by xz, else Debian's package; None: there is none."""
    named = os.environ.get("KEYPACT_GUEST_KERNEL")
    if not named:
        found = shutil.which("linux.uml")
        return pathlib.Path(found) if found else None
    path = pathlib.Path(named).resolve()
    if not path.is_file():
        sys.exit(f"KEYPACT_GUEST_KERNEL={named}: no such file")
    return unpacked(path) if path.suffix == ".xz" else path


def unpacked(archive):
    name = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
    path = cache() / f"{name}.uml"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            subprocess.run(["xz", "-dc", archive], stdout=file, check=True)
        os.chmod(file.name, 0o755)
        os.replace(file.name, path)
    return path


def layers():
    """Directories that lie over the host's root in the guest: packages that are there without being installed (peers.sh)."""
    return sorted(path.parent for path in (cache() / "peers").glob("*/.complete"))


class Pump(threading.Thread):
    """Carries one stream of the guest to a file of ours. UML cannot wait for regular files, so it gets a pipe."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.reader, self.writer = os.pipe()
        self.target = target
        self.start()

    def run(self):
        while octets := os.read(self.reader, 65536):
            self.target.write(octets)
            self.target.flush()


def die_with_parent():
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def describe(directory, options):
    """Writes what init.sh reads: the command, the environment, and what to mount from the host."""
    mounts = dict.fromkeys([str(ROOT), os.getcwd(), *(str(path.resolve()) for path in options.mount)])
    (directory / "mounts").write_text("".join(f"{path}\n" for path in mounts))
    (directory / "layers").write_text("".join(f"{path}\n" for path in layers()))
    (directory / "environment").write_text("".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in os.environ.items() if name.isidentifier())
        + "export KEYPACT_IN_GUEST=1\n")
    (directory / "command").write_text(f"cd {shlex.quote(os.getcwd())} && exec {shlex.join(options.command)}\n")
    shutil.copy(HERE / "init.sh", directory / "init")
    (directory / "uml").mkdir()


def kernel_arguments(path, directory, options, console, out, err):
    words = [str(path), f"mem={options.memory}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
             f"init={directory}/init", f"guest={directory}", f"uml_dir={directory}/uml/", "umid=guest",
             "con=null", f"con0=null,fd:{console}", f"con1=null,fd:{out}", f"con2=null,fd:{err}",
             "noreboot", "panic=-1", "loglevel=7" if options.verbose else "quiet"]
    if options.time_travel:
        return [*words, "time-travel=inf-cpu"]
    return [*words, "seccomp=on"] if knows(path, "seccomp=") else words     # faster, from 6.16 on


def knows(path, option):
    known = subprocess.run([path, "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return f"\n{option}" in known


def boot(path, directory, options):
    """Runs the guest to its end; the exit status."""
    log = open(directory / "log", "w+b")
    pumps = [Pump(sys.stderr.buffer if options.verbose else log), Pump(sys.stdout.buffer), Pump(sys.stderr.buffer)]
    writers = [pump.writer for pump in pumps]
    guest = subprocess.Popen(kernel_arguments(path, directory, options, *writers), stdin=subprocess.DEVNULL, stdout=log,
                             stderr=log, pass_fds=writers, start_new_session=True, preexec_fn=die_with_parent)
    for writer in writers:
        os.close(writer)
    timed_out = False
    try:
        guest.wait(options.timeout)
    except subprocess.TimeoutExpired:
        timed_out = True
    finally:
        end_group(guest)
    for pump in pumps:
        pump.join(5)
    status = directory / "status"
    if timed_out:
        print(f"guest: ended after {options.timeout} s", file=sys.stderr)
        return TIMED_OUT
    if status.exists():
        return int(status.read_text())
    log.seek(0)
    last = log.read().decode(errors="replace").splitlines()[-40:]
    print("guest: it ended without a result; the end of its log:", *last, sep="\n", file=sys.stderr)
    return DIED


def end_group(guest):
    """Also what is left of the guest's processes, which are processes of the host."""
    try:
        os.killpg(guest.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    guest.wait()


def leave(number, _frame):
    raise SystemExit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     usage="%(prog)s [options] [--] COMMAND [ARGUMENT ...]")
    parser.add_argument("--memory", default="1024M", help="of the guest; the host's is used as it is needed (%(default)s)")
    parser.add_argument("--timeout", type=float, default=300, help="seconds (%(default)s)")
    parser.add_argument("--mount", action="append", default=[], type=pathlib.Path, help="one more directory of the host, read-write")
    parser.add_argument("--time-travel", action="store_true",
                        help="simulated time: to sleep takes none; not with the kernel of Debian's package")
    parser.add_argument("--verbose", action="store_true", help="show the kernel's log")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.command[:1] == ["--"]:
        del options.command[0]
    if not options.command:
        parser.error("no command")
    path = kernel()
    if path is None:
        print("skipped: no guest kernel (Debian's package user-mode-linux, or KEYPACT_GUEST_KERNEL)")
        return NO_KERNEL
    if options.time_travel and not knows(path, "time-travel"):
        print(f"skipped: {path} has no simulated time")
        return NO_KERNEL
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, leave)
    with tempfile.TemporaryDirectory(prefix="keypact-guest-") as directory:
        describe(pathlib.Path(directory), options)
        return boot(path, pathlib.Path(directory), options)


if __name__ == "__main__":
    sys.exit(main())
