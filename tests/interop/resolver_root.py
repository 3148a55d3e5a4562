"""A root of its own for a daemon and a resolver: this machine's files under a layer in memory, with a package that is unpacked and not
installed, and a /run of its own. It goes with the process that holds its mounts."""
import os
import pathlib
import shlex

from lab import Process, wait_for

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "keypact" / "resolvers"

SETUP = """
set -e
mount -t tmpfs tmpfs {place}
mkdir {place}/package {place}/upper {place}/work {place}/root
cp -a {package}/. {place}/package/
mount -t overlay overlay -o lowerdir={place}/package:/,upperdir={place}/upper,workdir={place}/work {place}/root
mount -t tmpfs tmpfs {place}/root/run
for name in proc sys dev tmp; do mount --rbind /$name {place}/root/$name; done
rm -f {place}/root/etc/resolv.conf
echo ready
exec sleep infinity
"""


class ResolverRoot:

    def __init__(self, host, package):
        self.host = host
        self.place = host.dir / "resolver"
        self.place.mkdir()
        log = host.dir / "resolver.log"
        setup = SETUP.format(place=shlex.quote(str(self.place)), package=shlex.quote(str(CACHE / package)))
        self.holder = Process(["unshare", "--mount", "--propagation", "private", "sh", "-c", setup], log)
        host.lab.closers.append(self.holder.stop)
        wait_for(lambda: "ready" in log.read_text() or not self.holder.alive(), "the root is mounted")
        if not self.holder.alive():
            raise AssertionError(log.read_text())

    def prefix(self):
        """What precedes a command that runs here, in the host's network."""
        return ["nsenter", f"--mount=/proc/{self.holder.popen.pid}/ns/mnt", *self.host.exec_prefix(), "chroot", self.place / "root"]

    def start(self, name, *argv):
        process = Process([*self.prefix(), *argv], self.host.dir / name)
        self.host.lab.closers.append(process.stop)
        return process

    def read(self, path):
        return pathlib.Path(f"/proc/{self.holder.popen.pid}/root{self.place}/root{path}").read_text()


def has(package):
    return (CACHE / package / ".complete").exists()
