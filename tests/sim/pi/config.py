# SPDX-License-Identifier: GPL-2.0-or-later
"""config.txt: which settings hold for one board.

    line    = "#" anything | "[" filter "]" | "include" SP file | "initramfs" SP file *("," file) [SP address]
            | property "=" value

There are no comments after a value, no quotes, and no blanks around "=". A later line wins over an earlier one, except
that every dtoverlay line counts. Filters of one class replace each other, filters of different classes must all hold,
[all] drops all of them. The filters in force at an include hold in the included file, and those in force at its end
hold after it, as if its text stood there."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from .boards import Board

# Past it a line is ignored, says the documentation.
MAX_LINE = 98
MAX_CONFIG = 16384
MAX_INCLUDES = 8

_MODEL = re.compile(r"(pi|cm)\d[\w+]*|board-type=.*")
_VARIABLES = "partition|boot_count|boot_arg1|bootarg0|bootvar0|cust_otp[0-7]"
_EXPRESSION = re.compile(rf"({_VARIABLES})(?:&(\w+))?(?:([=<>])(\w+))?")
_SERIAL = re.compile(r"0x([0-9a-f]{1,16})")


@dataclass
class Settings:
    """What config.txt comes to. @overlays are names in the order of their lines, @initramfs the files named."""

    values: dict[str, str] = field(default_factory=dict)
    overlays: list[str] = field(default_factory=list)
    initramfs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def flag(self, name: str, default: bool = False) -> bool:
        """Whether setting @name is a number other than 0."""
        value = self.values.get(name, "")
        return number(value) != 0 if value else default


def number(text: str) -> int:
    """A number as C's strtol reads it: what follows the digits does not count, no digits are 0."""
    match = re.match(r"[+-]?(?:0[xX]([0-9a-fA-F]+)|(\d+))", text)
    if not match:
        return 0
    return int(match[1], 16) if match[1] else int(match[2])


def _expression_holds(match: re.Match) -> bool:
    """Boot variables are 0 here: the first boot, from no partition."""
    value = 0
    _, mask, operator, wanted = match.groups()
    if mask:
        value &= number(mask)
    if operator == "<":
        return value < number(wanted)
    if operator == ">":
        return value > number(wanted)
    return value == number(wanted) if operator else value != 0


class Evaluation:
    """One pass over config.txt for @board with @serial. @include reads a file by name; without it, as in the first
    stage, include lines are not understood."""

    def __init__(self, board: Board, serial: int, tryboot: bool, include: Callable[[str], bytes | None] | None):
        self.board = board
        self.serial = serial
        self.tryboot = tryboot
        self.include = include
        self.filters: dict[str, bool] = {}
        self.settings = Settings()

    def note(self, text: str) -> None:
        self.settings.notes.append(text)

    def take(self, name: str, data: bytes, depth: int = 0) -> None:
        """Takes all lines of file @name."""
        if len(data) > MAX_CONFIG:
            self.note(f"{name} has {len(data)} bytes: a Pi 5 was seen not to boot with more than {MAX_CONFIG}")
        for index, raw in enumerate(data.split(b"\n"), 1):
            where = f"{name}:{index}"
            line = raw.rstrip(b"\r")
            if len(line) > MAX_LINE:
                # Firmware was also seen to take the rest for a line of its own (firmware#1669).
                self.note(f"{where}: {len(line)} characters, the end is ignored from {MAX_LINE + 1} on")
                line = line[:MAX_LINE]
            if b"\0" in line:
                self.note(f"{where}: a zero byte ends the line")
                line = line.split(b"\0")[0]
            self._line(where, line.decode("utf-8", "surrogateescape").strip(" \t"), depth)

    def _line(self, where: str, line: str, depth: int) -> None:
        if not line or line.startswith("#"):
            return
        if line.startswith("["):
            self._filter(where, line)
            return
        if not all(self.filters.values()):
            return
        words = line.split()
        if words[0] == "include" and "=" not in words[0]:
            self._include(where, words[1:], depth)
        elif words[0] == "initramfs":
            # Documented with an address behind it; Debian's raspi-firmware writes none, and that works too.
            if len(words) in (2, 3):
                self.settings.initramfs = [name for name in words[1].split(",") if name]
            else:
                self.note(f"{where}: initramfs without a file name is ignored")
        elif "=" in line:
            self._property(where, *line.split("=", 1))
        else:
            self.note(f"{where}: {words[0]!r} is no setting: ignored")

    def _property(self, where: str, name: str, value: str) -> None:
        settings = self.settings
        if name in ("dtoverlay", "device_tree_overlay"):
            overlay = re.split(r"[,:]", value, maxsplit=1)[0]
            if overlay:
                settings.overlays.append(overlay)
        elif name == "ramfsfile":
            settings.initramfs = [file for file in value.split(",") if file]
        elif name == "initramfs":
            self.note(f"{where}: initramfs takes no '=': ignored")
        elif name != name.strip():
            self.note(f"{where}: blank before '=': {name.strip()!r} is ignored")
        else:
            settings.values[name] = value

    def _include(self, where: str, names: list[str], depth: int) -> None:
        if self.include is None:
            return
        if len(names) != 1:
            self.note(f"{where}: include wants one file: ignored")
        elif depth >= MAX_INCLUDES:
            self.note(f"{where}: includes more than {MAX_INCLUDES} deep: ignored")
        else:
            data = self.include(names[0])
            if data is None:
                self.note(f"{where}: {names[0]} cannot be included: ignored")
            else:
                self.take(names[0], data, depth + 1)

    def _filter(self, where: str, line: str) -> None:
        if not line.endswith("]"):
            self.note(f"{where}: section without ']': ignored")
            return
        # piCore's config.txt has capitals and works.
        name = line[1:-1].lower()
        if name == "all":
            self.filters.clear()
        elif name == "none":
            self.filters["none"] = False
        elif name == "tryboot":
            self.filters["tryboot"] = self.tryboot
        elif _MODEL.fullmatch(name):
            kind, _, value = name.partition("=")
            self.filters["model"] = number(value) == self.board.type if value else kind in self.board.filters
        elif match := _SERIAL.fullmatch(name):
            self.filters["serial"] = int(match[1], 16) in (self.serial, self.serial & 0xFFFFFFFF)
        elif match := _EXPRESSION.fullmatch(name):
            self.filters["expression"] = _expression_holds(match)
        elif name.startswith("edid="):
            self.filters["edid"] = False  # no screen
        elif name.startswith("gpio"):
            self.filters["gpio"] = name.endswith("=0")  # nothing pulls a pin up
        elif name.startswith("hdmi:"):
            pass  # says which output screen settings are for
        else:
            self.note(f"{where}: unknown section [{name}]: it never holds")
            self.filters["unknown"] = False
