# SPDX-License-Identifier: GPL-2.0-or-later
"""Directories made from a description, as the file "tree" of a case:

    # what this case is about
    file NAME [MODE]    a file with the lines that follow, each behind "|" or "| "; without lines, its own name
    empty NAME          a file with nothing in it
    size NAME BYTES     a file of so many bytes
    link NAME TARGET    a symbolic link
    dir NAME

A line may have \\r, \\t, \\0 and \\x20 in it; \\c at its end leaves out the end of the line."""

import os


class TreeError(Exception):
    """The description is wrong: one sentence."""


def _line(text: str) -> bytes:
    text = text[1:].removeprefix(" ")
    end = not text.endswith("\\c")
    text = text if end else text[:-2]
    return text.encode().decode("unicode_escape").encode("latin-1") + (b"\n" if end else b"")


def _place(root: str, name: str) -> str:
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


def build(description: str, root: str) -> None:
    """Makes what the file @description says in @root. Raises TreeError."""
    content = None
    with open(description, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if line.startswith("|"):
            if content is None:
                raise TreeError(f"{description}:{number}: a line of no file")
            with open(content, "ab") as file:
                file.write(_line(line))
            continue
        path = _place(root, words[1])
        content = None
        if words[0] == "file":
            following = lines[number] if number < len(lines) else ""
            with open(path, "wb") as file:
                file.write(b"" if following.startswith("|") else words[1].encode() + b"\n")
            os.chmod(path, int(words[2], 8) if len(words) > 2 else 0o644)
            content = path
        elif words[0] in ("empty", "size"):
            with open(path, "wb") as file:
                file.truncate(int(words[2]) if words[0] == "size" else 0)
        elif words[0] == "link":
            os.symlink(words[2], path)
        elif words[0] == "dir":
            os.makedirs(path, exist_ok=True)
        else:
            raise TreeError(f"{description}:{number}: no such word: {words[0]}")
