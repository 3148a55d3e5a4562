"""In the guest the peers can come from a root of their own, which KEYPACT_PEERS_ROOT names: that of another Debian
(../guest/debian_root.sh). They see the files of the lab there, and every network namespace."""
import os
import pathlib

from lab import run

_NAMED = os.environ.get("KEYPACT_PEERS_ROOT") if "KEYPACT_IN_GUEST" in os.environ else None
_PLACE = pathlib.Path("/peers")

ROOT = _PLACE / "root" if _NAMED else pathlib.Path("/")
PREFIX = ["chroot", ROOT] if _NAMED else []             # of a peer's commands


def make():
    """Mounts it, if there is to be one: the host's directory under a layer in memory."""
    if not _NAMED:
        return
    _PLACE.mkdir()
    run(["mount", "-t", "tmpfs", "tmpfs", _PLACE])
    for name in ("host", "upper", "work", "root"):
        (_PLACE / name).mkdir()
    run(["mount", "-t", "hostfs", "none", _PLACE / "host", "-o", _NAMED])
    layers = f"lowerdir={_PLACE}/host,upperdir={_PLACE}/upper,workdir={_PLACE}/work"
    run(["mount", "-t", "overlay", "overlay", "-o", layers, ROOT])
    for name in ("proc", "sys", "dev", "run", "tmp"):
        run(["mount", "--rbind", f"/{name}", ROOT / name])
