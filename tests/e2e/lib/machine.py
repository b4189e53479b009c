# SPDX-License-Identifier: GPL-2.0-or-later
"""The hardware of a guest, as a QEMU command."""

import os
import platform
import re
from dataclasses import dataclass, field

# Emulated "rep stosb" and "rep movsb" go byte by byte: without these two flags Linux clears and copies pages another way,
# and a boot takes ten seconds less. QEMU 7.2 loses the processor's flags when cmpxchg16b is interrupted, and Linux 6.12,
# which allocates memory with it, panics then (seen with the kernel for clouds: EFLAGS holds part of an address).
X86_TCG_CPU = "max,-erms,-fsrm,-cx16"


@dataclass(frozen=True)
class Board:
    """What QEMU needs to know of an architecture. @host is what the kernel of such a machine calls it."""

    host: str
    qemu: str
    machine: str
    cpu: str
    console: str
    pci: bool = True
    memory_mib: int = 640
    cpus: int = 1
    slow: float = 1  # how many times longer than others it may take
    dtb: str = ""  # below /usr/lib/linux-image-VERSION
    off: str = ""  # on the console when it would be switched off, if it cannot be


BOARDS = {
    "amd64": Board(
        "x86_64",
        "qemu-system-x86_64",
        # Without the devices that cost a driver's time and that no test looks at. SeaBIOS and iPXE use the serial port.
        "q35,graphics=off,sata=off,smbus=off,i8042=off,vmport=off",
        X86_TCG_CPU,
        "ttyS0",
    ),
    "arm64": Board("aarch64", "qemu-system-aarch64", "virt", "cortex-a72", "ttyAMA0"),
    # Has what is soldered on a Raspberry Pi 3, and a USB adapter as its only network.
    "raspi3b": Board(
        "aarch64",
        "qemu-system-aarch64",
        "raspi3b",
        "cortex-a53",
        "ttyAMA0",
        pci=False,
        memory_mib=1024,
        cpus=4,
        slow=4,
        dtb="broadcom/bcm2837-rpi-3-b.dtb",
        off="reboot: System halted",
    ),
}


def board(arch: str) -> Board:
    """What a guest of @arch runs on; PINET_BOARD overrides it."""
    return BOARDS[os.environ.get("PINET_BOARD", arch)]


def mac_address(index: int) -> str:
    """The MAC address of NIC number @index (from 0)."""
    return f"52:54:00:77:00:{index + 1:02x}"


def accelerator(arch: str) -> str:
    """"kvm" for a guest like this machine where the CPU has virtualization, else "tcg". A /dev/kvm alone proves
    nothing: it can be there and fail. PINET_ACCEL overrides it."""
    if "PINET_ACCEL" in os.environ:
        return os.environ["PINET_ACCEL"]
    if board(arch).host != platform.machine() or not board(arch).pci:
        return "tcg"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        can = re.search(r"^flags\s*:.*\b(vmx|svm)\b", file.read(), re.M)
    return "kvm" if can and os.access("/dev/kvm", os.R_OK | os.W_OK) else "tcg"


@dataclass
class Machine:
    """A guest's hardware. @nics are (tap, model, MAC), @disks image files on a SCSI adapter. Without a kernel it boots
    from its first NIC."""

    arch: str
    nics: list[tuple[str, str, str]]
    disks: list[str] = field(default_factory=list)
    cpus: int = 0  # the board's
    kernel: str = ""
    initrd: str = ""
    cmdline: str = ""
    dtb: str = ""

    def argv(self) -> list[str]:
        """The QEMU command, without what connects its console and its monitor."""
        on = board(self.arch)
        kvm = accelerator(self.arch) == "kvm"
        argv = [on.qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]
        argv += ["-machine", on.machine, "-m", str(on.memory_mib), "-smp", str(self.cpus or on.cpus)]
        argv += ["-accel", "kvm", "-cpu", "host"] if kvm else ["-accel", "tcg,thread=multi", "-cpu", on.cpu]
        if on.pci:
            argv += ["-device", "virtio-rng-pci"]
        if on.pci and any(model.startswith("usb-") for _, model, _ in self.nics):
            argv += ["-device", "qemu-xhci"]
        for index, (tap, model, mac) in enumerate(self.nics):
            rom = ",romfile=" if (self.kernel or index) and not model.startswith("usb-") else ""
            argv += ["-netdev", f"tap,id=net{index},ifname={tap},script=no,downscript=no"]
            argv += ["-device", f"{model},netdev=net{index},id=nic{index},mac={mac}{rom}"]
        if self.disks:
            argv += ["-device", "virtio-scsi-pci"]
        for index, disk in enumerate(self.disks):
            argv += ["-drive", f"file={disk},format=raw,if=none,id=disk{index}", "-device", f"scsi-hd,drive=disk{index}"]
        if self.dtb:
            argv += ["-dtb", self.dtb]
        if self.kernel:
            return argv + ["-kernel", self.kernel, "-initrd", self.initrd, "-append", self.cmdline]
        return argv + ["-boot", "n"]
