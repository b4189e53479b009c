# SPDX-License-Identifier: GPL-2.0-or-later
"""System calls of a program that is killed at, or told lies by, the one that strace picks. Only the program itself is
traced, and not what it starts, unless said otherwise; it gets no threads then, and does one thing after the other."""

import os
import re
import subprocess
from collections import Counter
from dataclasses import dataclass

# What may change something that outlives the program. Between two of them it does not matter where it is killed.
CHANGING = re.compile(
    r"(write|pwrite64|io_submit|copy_file_range|ftruncate|fallocate|fchmod|utimensat|sync_file_range"
    r"|(mkdir|link|symlink|rename|unlink)(at|at2)?|rmdir|open)\("
    r"|openat\(.*O_CREAT"
)
# What a file system answers. A close() that fails has closed nevertheless, which strace cannot do.
ANSWERED = re.compile(
    r"(access|faccessat2?|copy_file_range|fadvise64|fallocate|fchmod|fcntl|fstat|fstatfs|fsync|ftruncate"
    r"|getdents64|io_submit|io_getevents|(mkdir|link|symlink|rename|unlink|open|readlink|newfstat)(at|at2)?|lseek|pread64|pwrite64|read"
    r"|rmdir|stat|statfs|statx|sync_file_range|utimensat|write)$"
)
# What has other reasons to fail.
SCARCE = {"clone": "EAGAIN", "io_setup": "EAGAIN", "pipe2": "EMFILE", "openat": "EMFILE", "mmap": "ENOMEM", "poll": "ENOMEM"}
NO_THREADS = ("-e", "inject=clone3:error=EAGAIN")


@dataclass(frozen=True)
class Fault:
    """@action happens to call number @number of @call (strace(1), "inject=")."""

    call: str
    number: int
    action: str
    children: bool = False
    threads: bool = False

    def __str__(self) -> str:
        return f"{self.call} number {self.number}: {self.action}{' in children' if self.children else ''}"

    def prefix(self, log: str) -> tuple[str, ...]:
        how = ("-f",) if self.children else () if self.threads else NO_THREADS
        inject = f"inject={self.call}:{self.action}:when={self.number}"
        return ("strace", "-qq", "-o", log, "-e", f"trace={self.call},clone3", *how, "-e", inject)


@dataclass(frozen=True)
class Call:
    """One line of a log: the call number @number of this @name."""

    name: str
    number: int
    line: str

    def changes(self) -> bool:
        return bool(CHANGING.match(self.line))

    def answered(self) -> bool:
        """Not what is asked of pipes, nor of what the kernel makes up."""
        return bool(ANSWERED.match(self.name)) and not re.search(r"<pipe:|/proc/|<anon_inode", self.line)

    def concerns(self, directory: str) -> bool:
        return directory in self.line


def traced(log: str) -> tuple[str, ...]:
    """Before a command: writes all its calls into @log, with the paths of descriptors."""
    return ("strace", "-qq", "-y", "-s", "4096", "-e", "signal=none", *NO_THREADS, "-o", log)


def read_log(log: str) -> list[Call]:
    count: Counter[str] = Counter()
    calls = []
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            found = re.match(r"([a-z_0-9]+)\(", line)
            if found:
                count[found[1]] += 1
                calls.append(Call(found[1], count[found[1]], line.rstrip("\n")))
    return calls


def available() -> bool:
    done = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return done.returncode == 0
