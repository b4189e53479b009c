# SPDX-License-Identifier: GPL-2.0-or-later
"""Against LIO, the target of the Linux kernel: a guest that has nothing but that kernel and a shell."""

import shutil

from lib.lio import LioGuest
from lib.proc import port_open, wait_until

from .client import Client, expect

ADDRESS = "127.0.0.1"
PORTAL = f"{ADDRESS}:3260"
NAME = "iqn.2025-02.dev.example:"
IN = ("pi", "correct-horse")
OUT = ("nas", "target-side-secret")


class Lio(LioGuest):
    """A guest with LIO, reached through a port of this machine."""

    def __init__(self, work: str, words: str, session: str):
        super().__init__(
            work,
            words,
            (
                *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:{PORTAL}-10.0.2.15:3260"),
                *("-device", "virtio-net-pci,netdev=net,romfile="),
            ),
            (shutil.which("strace") or "strace", session),
        )
        self.start()
        wait_until("LIO", lambda: port_open(ADDRESS, 3260))


def killed(guest: Lio) -> None:
    """A login in the guest itself, killed in each of its system calls: see lio/killed."""

    wait_until("the test in the guest", lambda: "killed at " in guest.said() or not guest.daemon.running(), 1800)
    expect(guest.said(), r"^killed at [1-9]\d+ calls, \d+ sessions were found again: all is well$")


def paths(guest: Lio) -> None:
    """With multipath-tools in the image there is a session by each portal, but for one that is dead; each is repaired."""
    wait_until("the test in the guest", lambda: "several paths" in guest.said() or not guest.daemon.running(), 300)
    # Without the kernel's part the other engine is tried, which this guest has not.
    expect(guest.said(), "^this kernel has no iSCSI over TCP .*; then: cannot run iscsistart: No such file")
    expect(guest.said(), "^logged in, 1 in all$", "^logged in, 2 in all$", "^2 lost and repaired$", "^several paths: all is well$")


def login(client: Client) -> None:
    target = NAME + "none"
    expect(client.login(PORTAL, target), f"^at {PORTAL}, then {PORTAL}, tpgt 1, digests 0 0, .* chap 0$")
    expect(client.login(PORTAL, target, "prefer"), "digests 1 1")
    expect(client.login(PORTAL, target, "crc32c"), "digests 1 1")
    # It takes CHAP when it is offered, and has no secret to compare with.
    expect(client.login(PORTAL, target, "none", *IN), "^at .* chap 0$")


def chap(client: Client, best: int) -> None:
    target = NAME + "chap"
    expect(client.login(PORTAL, target, "none", *IN), f"^at .* chap {best}$")
    refused = f"^{PORTAL} refuses the CHAP name or secret of {NAME}client"
    expect(client.login(PORTAL, target, "none", IN[0], "wrong-horse-x"), refused)
    expect(client.login(PORTAL, target, "none", "nobody", IN[1]), refused)
    expect(client.login(PORTAL, target), f"^{PORTAL} closes the connection at a login without CHAP")
    expect(client.login(PORTAL, target, "none", *IN, *OUT), "does not prove that it knows its CHAP secret")


def mutual(client: Client, best: int) -> None:
    target = NAME + "mutual"
    expect(client.login(PORTAL, target, "none", *IN, *OUT), f"^at .* chap {best}$")
    expect(client.login(PORTAL, target, "none", *IN), f"^at .* chap {best}$")
    expect(client.login(PORTAL, target, "none", *IN, OUT[0], "target-side-wrong"), "does not know its CHAP secret")
    expect(client.login(PORTAL, target, "none", *IN, "nobody", OUT[1]), "calls itself .nas. in CHAP")


def refusals(client: Client) -> None:
    expect(client.login(PORTAL, NAME + "acl"), f"^the target {PORTAL} does not accept initiator {NAME}client for")
    for name in ("off", "nothing"):
        expect(client.login(PORTAL, NAME + name), "is not in service, or not there")


def discovery(client: Client, with_chap: bool) -> None:
    words = f"iscsi_initiator={NAME}i iscsi_target_ip={ADDRESS} iscsi_username={IN[0]} iscsi_password="
    shown = f"^{PORTAL} shows to {NAME}i:"
    expect(client.discover(ADDRESS, words + IN[1]), shown, f"^  {NAME}mutual\n    10.0.2.15:3260,1$")
    if with_chap:
        expect(client.discover(ADDRESS), "at a login without CHAP")
        expect(client.discover(ADDRESS, words + "wrong-horse-x"), "refuses the CHAP name or secret")
    else:
        expect(client.discover(ADDRESS), f"^{PORTAL} shows", f"^  {NAME}none$", "A boot without target= fails")


# Both by the words that the guest is started with.
IN_GUEST = {"paths": {"several-paths": paths}, "killed": {"killed-anywhere": killed}}
TESTS = {
    "": {
        "login": login,
        "chap": lambda client: chap(client, 8),
        "mutual-chap": lambda client: mutual(client, 8),
        "refusals": refusals,
        "discovery": lambda client: discovery(client, False),
    },
    "nosha3 discovery": {
        "chap-sha256": lambda client: chap(client, 7),
        "mutual-chap-sha256": lambda client: mutual(client, 7),
        "discovery-chap": lambda client: discovery(client, True),
    },
}
