"""Every kind of daemon by its name."""
from daemons import Keypact, StrongSwan, StrongSwanKernel
from libreswan import Libreswan
from openiked import OpenIked

KINDS = {kind.kind: kind for kind in (Keypact, StrongSwan, StrongSwanKernel, Libreswan, OpenIked)}
