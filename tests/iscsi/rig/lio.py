# SPDX-License-Identifier: GPL-2.0-or-later
"""Against LIO, the target of the Linux kernel: a guest that has nothing but that kernel and a shell."""

import os
import re
import shutil
import subprocess

from lib import image
from lib.proc import Daemon, RigError, port_open, run, wait_until

from .client import Client, expect

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ADDRESS = "127.0.0.1"
PORTAL = f"{ADDRESS}:3260"
NAME = "iqn.2025-02.dev.example:"
IN = ("pi", "correct-horse")
OUT = ("nas", "target-side-secret")
MODULES = ("target_core_file", "iscsi_target_mod", "virtio_net", "virtio_pci", "sha3_generic", "crc32c_generic")
COMMANDS = ("sh", "mount", "mkdir", "modprobe", "ip", "dd", "sleep", "ln", "rm")


class Lio:
    """A guest with LIO, reached through a port of this machine."""

    def __init__(self, work: str, words: str):
        self.base = image.base("bookworm", "amd64")
        self.log = os.path.join(work, "lio.log")
        kernel = max(name for name in os.listdir(f"{self.base}/boot") if name.startswith("vmlinuz-"))
        self.version = kernel.partition("-")[2]
        initramfs = self._initramfs(work)
        argv = "qemu-system-x86_64 -machine q35 -accel tcg -cpu max -smp 1 -m 512 -nographic -no-reboot -nodefaults"
        self.daemon = Daemon(
            [
                *argv.split(),
                *("-serial", "stdio", "-kernel", f"{self.base}/boot/{kernel}", "-initrd", initramfs),
                *("-append", f"console=ttyS0 net.ifnames=0 quiet rdinit=/init {words}"),
                *("-netdev", f"user,id=net,restrict=on,hostfwd=tcp:{PORTAL}-10.0.2.15:3260"),
                *("-device", "virtio-net-pci,netdev=net,romfile="),
            ],
            self.log,
        )
        self.daemon.start()
        try:
            wait_until("the guest with LIO", self._ready, 300)
        except RigError as error:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                raise RigError(f"{error}\n{log.read()[-2000:]}") from error

    def _ready(self) -> bool:
        if not self.daemon.running():
            raise RigError("the guest with LIO has ended")
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "the target is ready" in log.read() and port_open(ADDRESS, 3260)

    def _initramfs(self, work: str) -> str:
        """A shell with what it needs, the modules, and the script."""
        top = os.path.join(work, "initramfs")
        for directory in ("bin", "sbin", "dev", "proc", "sys"):
            os.makedirs(f"{top}/{directory}")
        busybox = shutil.which("busybox") or ""
        for path in [busybox, *re.findall(r"/\S+", run("ldd", busybox).replace(":", " "))]:
            self._copy(path, top + path)
        for name in COMMANDS:
            os.symlink(busybox, f"{top}/bin/{name}")
        os.symlink(busybox, f"{top}/sbin/modprobe")
        shutil.copy(f"{HERE}/lio/init", f"{top}/init")
        modules = f"lib/modules/{self.version}"
        show = ("modprobe", "-d", self.base, "-S", self.version, "--show-depends")
        for module in MODULES:
            for path in re.findall(r"^insmod (\S+)", run(*show, module), re.M):
                self._copy(path, f"{top}/{modules}/{path.partition(self.version + '/')[2]}")
        for name in ("modules.builtin", "modules.order"):
            self._copy(f"{self.base}/{modules}/{name}", f"{top}/{modules}/{name}")
        run("depmod", "-b", top, self.version)
        archive = os.path.join(work, "initramfs.cpio")
        paths = [os.path.join(at, name) for at, dirs, files in os.walk(top) for name in dirs + files]
        names = "\n".join(sorted(os.path.relpath(path, top) for path in paths))
        with open(archive, "wb") as out:
            subprocess.run(
                ["cpio", "--quiet", "-o", "-H", "newc"], cwd=top, input=names.encode(), stdout=out, check=True
            )
        return archive

    @staticmethod
    def _copy(source: str, target: str) -> None:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)

    def stop(self) -> None:
        """Kills the guest."""
        self.daemon.stop()


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


# By the words that the guest is started with.
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
