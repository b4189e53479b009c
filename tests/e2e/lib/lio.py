# SPDX-License-Identifier: GPL-2.0-or-later
"""LIO, the target of the Linux kernel: a guest that has nothing but that kernel, a shell and tests/iscsi/lio/init."""

import os
import re
import shutil
import subprocess

from . import image
from .proc import Daemon, RigError, run, wait_until
from .servers import Server

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../iscsi/lio")
MODULES = (
    *("target_core_file", "target_core_iblock", "iscsi_target_mod", "virtio_net", "virtio_pci", "virtio_blk"),
    *("sha3_generic", "crc32c_generic", "iscsi_tcp", "sd_mod"),
)
COMMANDS = ("sh", "mount", "mkdir", "modprobe", "ip", "dd", "sleep", "ln", "rm", "sed", "awk")
ADDRESS = "192.168.77.2"


def base() -> str:
    """The file system whose kernel it is; making it needs the mirror."""
    return image.base("bookworm", "amd64")


class LioGuest:
    """The guest. @words are for its init, @argv for QEMU, @programs are put beside the shell."""

    def __init__(self, work: str, words: str, argv: tuple[str, ...], programs: tuple[str, ...] = ()):
        self.base = base()
        self.log = os.path.join(work, "lio.log")
        kernel = max(name for name in os.listdir(f"{self.base}/boot") if name.startswith("vmlinuz-"))
        self.version = kernel.partition("-")[2]
        command = "qemu-system-x86_64 -machine q35 -accel tcg -cpu max -smp 1 -m 512 -nographic -no-reboot -nodefaults"
        self.daemon = Daemon(
            [
                *command.split(),
                *("-serial", "stdio", "-kernel", f"{self.base}/boot/{kernel}"),
                *("-initrd", self._initramfs(work, programs)),
                *("-append", f"console=ttyS0 net.ifnames=0 quiet rdinit=/init {words}"),
                *argv,
            ],
            self.log,
        )

    def said(self) -> str:
        """What its console has."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read().replace("\r", "")

    def start(self) -> None:
        """Returns when the target is ready."""
        self.daemon.start()
        try:
            wait_until("the guest with LIO", self._ready, 300)
        except RigError as error:
            raise RigError(f"{error}\n{self.said()[-2000:]}") from error

    def _ready(self) -> bool:
        if not self.daemon.running():
            raise RigError("the guest with LIO has ended")
        return "the target is ready" in self.said()

    def stop(self) -> None:
        """Kills the guest."""
        self.daemon.stop()

    def _initramfs(self, work: str, programs: tuple[str, ...]) -> str:
        """A shell with what it needs, the modules, and the script."""
        top = os.path.join(work, "lio-initramfs")
        for directory in ("bin", "sbin", "dev", "proc", "sys"):
            os.makedirs(f"{top}/{directory}")
        for program in (shutil.which("busybox") or "busybox", *programs):
            self._copy(program, f"{top}/bin/{os.path.basename(program)}")
            for path in re.findall(r"/\S+", run("ldd", program).replace(":", " ")):
                self._copy(path, top + path)
        for name in COMMANDS:
            os.symlink("busybox", f"{top}/bin/{name}")
        os.symlink("/bin/busybox", f"{top}/sbin/modprobe")
        for name in os.listdir(HERE):
            shutil.copy(f"{HERE}/{name}", f"{top}/{name}" if name == "init" else f"{top}/bin/{name}")
        modules = f"lib/modules/{self.version}"
        show = ("modprobe", "-d", self.base, "-S", self.version, "--show-depends")
        for module in MODULES:
            for path in re.findall(r"^insmod (\S+)", run(*show, module), re.M):
                self._copy(path, f"{top}/{modules}/{path.partition(self.version + '/')[2]}")
        for name in ("modules.builtin", "modules.order"):
            self._copy(f"{self.base}/{modules}/{name}", f"{top}/{modules}/{name}")
        run("depmod", "-b", top, self.version)
        archive = os.path.join(work, "lio-initramfs.cpio")
        paths = [os.path.join(at, name) for at, dirs, files in os.walk(top) for name in dirs + files]
        names = "\n".join(sorted(os.path.relpath(path, top) for path in paths))
        with open(archive, "wb") as out:
            subprocess.run(
                ["cpio", "--quiet", "-o", "-H", "newc"], cwd=top, input=names.encode(), stdout=out, check=True
            )
        shutil.rmtree(top)
        return archive

    @staticmethod
    def _copy(source: str, target: str) -> None:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)


class Lio(Server):
    """LIO as the target of a client: one target for all initiators, each of which finds its own disk as LUN 0."""

    name = "tgt"

    def __init__(self, directory: str, disk: str, tap: str, words: str):
        self.guest = LioGuest(
            directory,
            f"address={ADDRESS} {words}",
            (
                *("-netdev", f"tap,id=net,ifname={tap},script=no,downscript=no"),
                *("-device", "virtio-net-pci,netdev=net,mac=52:54:00:77:01:00,romfile="),
                *("-drive", f"file={disk},format=raw,if=none,id=disk", "-device", "virtio-blk-pci,drive=disk"),
            ),
        )

    def start(self) -> None:
        self.guest.start()

    def stop(self) -> None:
        self.guest.stop()

    def logs(self) -> list[str]:
        return [self.guest.log]
