# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads the facts a booted client prints on its console (guest/usr/lib/pinet-test/facts)."""

import json
import re
from dataclasses import dataclass

BEGIN, END = "@@pinet-facts-begin@@", "@@pinet-facts-end@@"


@dataclass
class Fact:
    """The output of one command in the client, and its exit status."""

    text: str
    status: int


class Facts:
    """All facts of one boot, by name. A name nobody printed is an error of the test, so it raises KeyError."""

    def __init__(self, console: str):
        start, end = console.find(BEGIN), console.find(END)
        self.complete = 0 <= start < end
        self.facts: dict[str, Fact] = {}
        if not self.complete:
            return
        pattern = re.compile(r"^@@ (\S+)\n(.*?)^@@= (\d+)$", re.M | re.S)
        for match in pattern.finditer(console, start, end):
            self.facts[match[1]] = Fact(match[2].strip("\n"), int(match[3]))

    def __contains__(self, name: str) -> bool:
        return name in self.facts

    def __getitem__(self, name: str) -> str:
        return self.facts[name].text

    def status(self, name: str) -> int:
        return self.facts[name].status

    def json(self, name: str):
        return json.loads(self[name] or "[]")

    def files(self, name: str) -> dict[str, str]:
        """Reads the "path:text" lines of a fact made with files()."""
        found: dict[str, str] = {}
        for line in self[name].splitlines():
            path, _, text = line.partition(":")
            found[path] = found[path] + "\n" + text if path in found else text
        return found
