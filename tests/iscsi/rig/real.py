# SPDX-License-Identifier: GPL-2.0-or-later
"""Against tgtd: what a login and a discovery come to, and what is said of each refusal."""

import os

from lib.proc import Daemon, port_open, run, wait_until

from .client import Client, expect
from .fake import Fake, moved

ADDRESS = "192.168.77.1"
PORTAL = f"{ADDRESS}:3260"
ADDRESS6 = "fd00:77::1"
PORTAL6 = f"[{ADDRESS6}]:3260"
NAME = "iqn.2025-02.dev.example:"
IN = ("pi", "correct-horse")
OUT = ("nas", "target-side-secret")
GROUP_ADDRESS = "192.168.77.3"
GROUP = f"{GROUP_ADDRESS}:3270"


class Tgt:
    """tgtd with targets that differ in whom they let in. @control tells several of them apart; one has @portal alone."""

    def __init__(self, work: str, control: str = "1", portal: str = ""):
        self.control, self.disk = control, os.path.join(work, "disk")
        with open(self.disk, "wb") as file:
            file.truncate(1 << 20)
        os.makedirs("/run/tgtd", exist_ok=True)
        listen = ("--iscsi", f"portal={portal}") if portal else ()
        self.daemon = Daemon(["tgtd", "-f", "-C", control, *listen], os.path.join(work, f"tgtd-{control}.log"))
        self.daemon.start()
        address, _, listening = (portal or PORTAL).partition(":")
        wait_until("tgtd", lambda: port_open(address, int(listening)))
        self.tids = 0
        for user, secret in (IN, OUT):
            self.admin("account", "new", "--user", user, "--password", secret)

    def admin(self, mode: str, op: str, *rest: str) -> None:
        """One call of tgtadm."""
        run("tgtadm", "-C", self.control, "--lld", "iscsi", "--mode", mode, "--op", op, *rest)

    def target(self, name: str, chap: bool = False, mutual: bool = False, initiator: str = "-IALL") -> str:
        """Makes a target with a disk and returns its name."""
        self.tids += 1
        tid = ("--tid", str(self.tids))
        self.admin("target", "new", *tid, "-T", NAME + name)
        self.admin("logicalunit", "new", *tid, "--lun", "1", "-b", self.disk)
        self.admin("target", "bind", *tid, initiator)
        if chap:
            self.admin("account", "bind", *tid, "--user", IN[0])
        if mutual:
            self.admin("account", "bind", *tid, "--user", OUT[0], "--outgoing")
        return NAME + name

    def stop(self) -> None:
        """Kills it: it has nothing to save."""
        self.daemon.stop()


def login_none(client: Client, tgt: Tgt) -> None:
    target = tgt.target("none")
    expect(client.login(PORTAL, target), rf"^at {PORTAL}, then {PORTAL}, tpgt 1, digests 0 0, r2t \d, immediate 1")
    expect(client.login(PORTAL, target, "crc32c"), "does not do HeaderDigest=CRC32C: it answers .None.")
    expect(client.login(PORTAL, target, "prefer"), "digests 0 0")
    for name in ("HeaderDigest", "DataDigest"):
        tgt.admin("target", "update", "--tid", str(tgt.tids), "--name", name, "--value", "CRC32C")
    expect(client.login(PORTAL, target, "crc32c"), "digests 1 1")
    expect(client.login(PORTAL, target, "prefer"), "digests 1 1")
    target = tgt.target("again")
    # A target that wants no CHAP gets none.
    expect(client.login(PORTAL, target, "none", *IN), "^at .* chap 0$")
    expect(client.login(PORTAL, target, "none", *IN, *OUT), f"^{PORTAL} (does without|refuses the) CHAP")


def login_chap(client: Client, tgt: Tgt) -> None:
    target = tgt.target("chap", chap=True)
    # tgt's SHA-1 has the number of SHA-256: MD5 is what both know.
    expect(client.login(PORTAL, target, "none", *IN), "^at .* chap 5$")
    refused = f"^{PORTAL} refuses the CHAP name or secret of {NAME}client"
    expect(client.login(PORTAL, target, "none", IN[0], "wrong-horse-x"), refused)
    expect(client.login(PORTAL, target, "none", "nobody", IN[1]), refused)
    expect(client.login(PORTAL, target), f"^{PORTAL} (refuses .* without|wants to authenticate by .CHAP)")
    expect(client.login(PORTAL, target, "none", IN[0], "short"), "secret of the initiator has 5 bytes")


def login_mutual(client: Client, tgt: Tgt) -> None:
    target = tgt.target("mutual", chap=True, mutual=True)
    expect(client.login(PORTAL, target, "none", *IN, *OUT), "^at ")
    expect(client.login(PORTAL, target, "none", *IN), "^at ")
    expect(client.login(PORTAL, target, "none", *IN, OUT[0], "another-secret"), "does not know its CHAP secret")
    expect(client.login(PORTAL, target, "none", *IN, "nobody", OUT[1]), "calls itself .nas. in CHAP")
    one_way = tgt.target("one-way", chap=True)
    expect(client.login(PORTAL, one_way, "none", *IN, *OUT), f"^{PORTAL}.*(CHAP|answers|refuses)")


def refusals(client: Client, tgt: Tgt) -> None:
    target = tgt.target("acl", initiator="-I10.9.8.7")
    expect(client.login(PORTAL, target), f"^{PORTAL} has no target {target}, or does not show it to")
    expect(client.login(PORTAL, NAME + "nothing"), f"has no target {NAME}nothing")
    expect(client.login(f"{ADDRESS}:3261", target), f"^{ADDRESS} refuses connections to port 3261")
    expect(client.login("127.0.0.1:3262", target), "refuses connections")


def redirection(client: Client, tgt: Tgt) -> None:
    """Another tgtd stands at the address of the group, and sends to this one; to its own address it sends nobody."""
    target, chap = tgt.target("member"), tgt.target("member-chap", chap=True)
    group = Tgt(os.path.dirname(tgt.disk), "2", GROUP)
    try:
        for name in ("member", "member-chap"):
            group.target(name)
            for key, value in (("Address", ADDRESS), ("Port", "3260"), ("Reason", "Temporary")):
                group.admin("target", "update", "--tid", str(group.tids), "--name", f"Redirect{key}", "--value", value)
        expect(client.login(GROUP, target), f"^at {PORTAL}, then {GROUP}, ")
        expect(client.login(GROUP, chap, "none", *IN), f"^at {PORTAL}, then {GROUP}, .* chap 5$")
        expect(client.login(GROUP, chap, "none", IN[0], "wrong-horse-x"), f"^{GROUP} sent us on: {PORTAL} refuses the CHAP")
        group.admin("target", "update", "--tid", "1", "--name", "RedirectReason", "--value", "Permanent")
        expect(client.login(GROUP, target), f"^at {PORTAL}, then {PORTAL}, ")
    finally:
        group.stop()


def discovery(client: Client, tgt: Tgt) -> None:
    names = [tgt.target(f"disk-{number}") for number in range(40)]
    text = client.discover(ADDRESS)
    expect(text, f"^{PORTAL} shows to iqn.1993-08.org.debian:01:52-54-00-77-00-01:$", "boot without target= fails")
    for name in names:
        expect(text, f"^  {name}\n    {PORTAL},1$")
    expect(client.discover(ADDRESS, "pinet.id=disk-3"), f"A boot without target= takes {NAME}disk-3\\.$")
    expect(client.discover(ADDRESS, f"pinet.target={NAME}x"), f"A boot takes {NAME}x, as it is set")


def discovery_chap(client: Client, tgt: Tgt) -> None:
    tgt.admin("account", "bind", "--user", IN[0])
    words = f"iscsi_initiator={NAME}i iscsi_target_ip={ADDRESS} iscsi_username={IN[0]} iscsi_password="
    try:
        expect(client.discover(ADDRESS), f"{PORTAL} (refuses|wants to authenticate)")
        expect(client.discover(ADDRESS, words + IN[1]), f"{PORTAL} shows to {NAME}i:")
        expect(client.discover(ADDRESS, words + "wrong-horse-x"), "refuses the CHAP name or secret")
    finally:
        tgt.admin("account", "unbind", "--user", IN[0])


def ipv6(client: Client, tgt: Tgt) -> None:
    target = tgt.target("ipv6", chap=True)
    expect(client.login(PORTAL6, target, "none", *IN), rf"^at \[{ADDRESS6}\]:3260, then \[{ADDRESS6}\]:3260, tpgt 1,.* chap 5$")
    expect(client.login(f"[{ADDRESS6}]:3261", target), f"^{ADDRESS6} refuses connections to port 3261")
    expect(client.login("[fd00:77:0:0:0::1]", NAME + "nothing"), f":0::1.:3260 has no target {NAME}nothing")
    # A server that is reached by IPv6 shows the portals that it has of both kinds.
    text = client.discover(f"[{ADDRESS6}]", f"iscsi_target_ip={ADDRESS6} iscsi_initiator={NAME}i")
    expect(text, rf"^\[{ADDRESS6}\]:3260 shows to {NAME}i:$", rf"^  {target}\n(    .*\n)*    \[{ADDRESS6}\]:3260,1$")
    with Fake(moved(PORTAL6, 1)) as group:
        expect(client.login(group.portal, target, "none", *IN), rf"^at \[{ADDRESS6}\]:3260, then {group.portal}, ")


TESTS = {
    "login": login_none,
    "chap": login_chap,
    "mutual-chap": login_mutual,
    "refusals": refusals,
    "redirection": redirection,
    "discovery": discovery,
    "discovery-chap": discovery_chap,
    "ipv6": ipv6,
}
