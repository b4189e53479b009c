# SPDX-License-Identifier: GPL-2.0-or-later
"""What a power cut would leave. Of all that was written, only what was followed by fsync() of the file, or of the
directory that got a name, is sure to be on the server's disk; so that has to come before what makes it count."""

import os
import re

from fault import Call

PATH = r"(?:(?P<d{0}>AT_FDCWD|\d+)(?:<(?P<p{0}>[^>]*)>)?, )?\"(?P<n{0}>[^\"]*)\""
TWO = re.compile(r"\w+\(" + PATH.format(1) + ", " + PATH.format(2) + r".*\) = 0$")
ONE = re.compile(r"\w+\(" + PATH.format(1) + r".*\) = (?P<result>\d+)(?:<(?P<opened>[^>]*)>)?$")
SYMLINK = re.compile(r"\w+\(\"(?P<to>[^\"]*)\", " + PATH.format(1) + r"\) = 0$")
DESCRIPTOR = re.compile(r"\w+\(\d+<(?P<path>[^>]*)>.*\) = \d+$")


class Disk:
    """What is below @top and not sure to be on the disk: contents of files and links, and names in directories."""

    def __init__(self, top: str) -> None:
        self.top = top
        self.content: set[str] = set()
        self.names: set[str] = set()
        self.problems: list[str] = []
        self.links: dict[str, str] = {}

    def _below(self, path: str) -> bool:
        return path == self.top or path.startswith(self.top + "/")

    def _full(self, found: re.Match, which: int) -> str:
        directory = found[f"p{which}"] or os.getcwd()
        return os.path.normpath(os.path.join(directory, found[f"n{which}"]))

    def take(self, call: Call) -> None:
        """Follows one call."""
        line = call.line
        if call.name in ("write", "pwrite64", "copy_file_range", "ftruncate", "fallocate"):
            found = DESCRIPTOR.match(line)
            if found and self._below(found["path"]):
                self.content.add(found["path"])
        elif call.name in ("fsync", "fdatasync"):
            found = DESCRIPTOR.match(line)
            if found:
                self.content.discard(found["path"])
                self.names = {name for name in self.names if os.path.dirname(name) != found["path"]}
        elif call.name in ("openat", "open", "mkdirat", "mkdir"):
            found = ONE.match(line)
            if found and ("O_CREAT" in line or call.name.startswith("mkdir")):
                self._appears(found["opened"] or self._full(found, 1))
        elif call.name == "linkat":
            found = TWO.match(line)
            if found:
                self._appears(self._full(found, 2))
        elif call.name == "symlinkat":
            found = SYMLINK.match(line)
            if found:
                self._appears(self._full(found, 1))
                self.links[self._full(found, 1)] = found["to"]
        elif call.name in ("renameat", "renameat2", "rename"):
            found = TWO.match(line)
            if found:
                self._rename(self._full(found, 1), self._full(found, 2))
        elif call.name == "unlinkat":
            found = ONE.match(line)
            if found:
                self._gone(self._full(found, 1))

    def _appears(self, path: str) -> None:
        if self._below(path):
            self.names.add(path)

    def _gone(self, path: str) -> None:
        self.content.discard(path)
        self.names.discard(path)

    def _rename(self, old: str, new: str) -> None:
        if not self._below(new):
            return
        self._need_sure(old, f"{self._short(old)} becomes {self._short(new)}")
        self._need_target(old, new)
        for paths in (self.content, self.names):
            for path in [path for path in paths if path == old or path.startswith(old + "/")]:
                paths.discard(path)
                if path != old:
                    paths.add(new + path[len(old) :])
        self.names.add(new)

    def _need_sure(self, top: str, what: str) -> None:
        """Everything in @top is on the disk."""
        loose = {path for path in self.content if path == top or path.startswith(top + "/")}
        loose |= {path for path in self.names if path.startswith(top + "/")}
        if loose:
            self.problems.append(f"{what} while this may not be on the disk: {sorted(map(self._short, loose))}")

    def _need_target(self, old: str, new: str) -> None:
        """A file or link that activates a generation: that is on the disk with its name."""
        if os.path.basename(new) not in ("config.txt", "active", "tryboot.txt"):
            return
        loose = [self._short(path) for path in self.names if re.search(r"/pinet/g\d{6}-[^/]*$", path)]
        if loose:
            self.problems.append(f"{self._short(new)} is replaced while these names may not be on the disk: {loose}")

    def _short(self, path: str) -> str:
        return os.path.relpath(path, self.top)

    def end(self) -> None:
        """The program has said that it is done."""
        loose = [path for path in self.content | self.names if os.path.lexists(path)]
        if loose:
            self.problems.append(f"at its end these may not be on the disk: {sorted(map(self._short, loose))}")


def problems(calls: list[Call], top: str) -> list[str]:
    disk = Disk(top)
    for call in calls:
        disk.take(call)
    disk.end()
    return disk.problems
