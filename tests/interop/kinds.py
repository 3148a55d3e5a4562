"""Every kind of daemon by its name."""
from daemons import Keypact, StrongSwan, StrongSwanKernel
from libreswan import Libreswan
from openiked import OpenIked


class KeypactKernel(Keypact):
    """keypactd with the ESP of the kernel, whatever --backend says."""

    backend = "kernel"
    needs_kernel_esp = True


class KeypactUserspace(Keypact):
    """keypactd with its own ESP, whatever --backend says."""

    backend = "userspace"
    needs_kernel_esp = False


KINDS = {kind.kind: kind for kind in (Keypact, StrongSwan, StrongSwanKernel, Libreswan, OpenIked)}
KINDS |= {"keypact-kernel": KeypactKernel, "keypact-userspace": KeypactUserspace}
