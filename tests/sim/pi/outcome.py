# SPDX-License-Identifier: GPL-2.0-or-later
"""The machine that boots, and what comes of it."""

import hashlib
import re
from dataclasses import dataclass, field

from .boards import BOARDS

MAX_PREFIX = 32


@dataclass(frozen=True)
class Machine:
    """The board that boots. @prefix is "serial", "mac", or a string ending in "/" (TFTP_PREFIX 0, 2 and 1)."""

    model: str
    serial: str = "0"
    mac: str = ""
    prefix: str = "serial"
    tryboot: bool = False

    def check(self) -> None:
        """Raises ValueError, with a sentence, for a machine that cannot be."""
        if self.model not in BOARDS:
            raise ValueError(f"no such model: {self.model} ({', '.join(BOARDS)})")
        if not re.fullmatch(r"(0x)?[0-9a-fA-F]{1,16}", self.serial):
            raise ValueError(f"serial {self.serial!r} is not 1 to 16 hexadecimal digits")
        if self.mac and not re.fullmatch(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}", self.mac):
            raise ValueError(f"MAC address {self.mac!r} is not six pairs of hexadecimal digits")
        if self.prefix != "serial" and BOARDS[self.model].family == 3:
            raise ValueError("a Pi 3 has no other prefix than its serial number")
        if self.prefix == "mac" and not self.mac:
            raise ValueError("prefix mac needs a MAC address")
        if len(self.prefix) > MAX_PREFIX:
            raise ValueError(f"a prefix has at most {MAX_PREFIX} characters")

    def serial_number(self) -> int:
        return int(self.serial, 16)

    def tftp_prefix(self) -> str:
        """What the EEPROM puts before every name."""
        if self.prefix == "serial":
            return f"{self.serial_number() & 0xFFFFFFFF:08x}/"
        if self.prefix == "mac":
            return self.mac.lower().replace(":", "-") + "/"
        return self.prefix


@dataclass(frozen=True)
class Request:
    """One request. @kind is "read" or "probe", @result a size, "there", "absent" or "refused"."""

    kind: str
    name: str
    result: str


@dataclass(frozen=True)
class File:
    """A file that was loaded, by the name it was asked for."""

    name: str
    data: bytes

    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass
class Outcome:
    """What boots. @os_prefix is the one in effect, @os_prefix_wanted the one set. When @boots is false, @reason says
    why and the rest is as far as it came; @error is trouble with the transport, and then neither is known."""

    machine: Machine
    boots: bool = False
    reason: str = ""
    tftp_prefix: str = ""
    config: File | None = None
    os_prefix_wanted: str = ""
    os_prefix: str = ""
    arm_64bit: bool = False
    kernel: File | None = None
    initramfs: list[File] = field(default_factory=list)
    device_tree: File | None = None
    overlays: list[File] = field(default_factory=list)
    cmdline: File | None = None
    cmdline_text: str = ""
    error: str = ""
    notes: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def initramfs_data(self) -> bytes:
        """All initramfs files as the kernel finds them in memory: one behind the other, each on a multiple of 4."""
        return b"".join(file.data + bytes(-len(file.data) % 4) for file in self.initramfs)
