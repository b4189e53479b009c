# SPDX-License-Identifier: GPL-2.0-or-later
"""Golden cases: the directory "tree", perhaps options in "args", and what piboot must print in "expect", whatever
brings the files. "expect.SERVER" is for a server that is known to be different."""

import contextlib
import difflib
import io
import os

from pi.cli import main

from .tree import build

ARGS = "--model pi4 --serial 10000000abcd1234"


def _piboot(argv: list[str]) -> str:
    """What it prints, with its exit status as the last line."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            status = main(argv)
        except SystemExit as end:
            status = end.code
    return f"{out.getvalue()}exit status {status}\n"


def _read(path: str, default: str = "") -> str:
    if not os.path.exists(path):
        return default
    with open(path, encoding="utf-8") as file:
        return file.read()


class Case:
    """One directory of cases/. Its files are made in @root."""

    def __init__(self, directory: str, root: str):
        self.directory = directory
        self.name = os.path.basename(directory)
        self.args = _read(os.path.join(directory, "args"), ARGS).split()
        self.root = os.path.join(root, self.name)
        os.mkdir(self.root)
        build(os.path.join(directory, "tree"), self.root)

    def _expected(self, server: str) -> str:
        own = os.path.join(self.directory, f"expect.{server}")
        return own if os.path.exists(own) else os.path.join(self.directory, "expect")

    def check(self, name: str, where: list[str], write: bool = False) -> list[str]:
        """Boots with the options @where, and returns how that differs from what is expected of @name; nothing when it
        is as it should be. With @write that is stored instead, where @name has a file of its own."""
        expected = self._expected(name)
        printed = _piboot(where + self.args)
        if write and (name == "tree" or expected.endswith(f".{name}")):
            with open(expected, "w", encoding="utf-8") as file:
                file.write(printed)
        wanted = _read(expected)
        if printed == wanted:
            return []
        return [f"{name}: not as in {os.path.basename(expected)}:"] + list(
            difflib.unified_diff(wanted.splitlines(), printed.splitlines(), lineterm="", n=1)
        )[2:]
