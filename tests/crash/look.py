# SPDX-License-Identifier: GPL-2.0-or-later
"""What is in a boot directory, found out without the program: which files would boot, whether every generation is what
its manifest says, and whether anything else has changed."""

import hashlib
import os
import re
import stat
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sim"))

from pi.boot import Machine, boot  # noqa: E402
from pi.source import Source, Tree  # noqa: E402

PREFIX = "boot/"
PI4 = Machine("pi4", serial="10000000abcd1234", prefix=PREFIX)
OURS = re.compile(rb"\r?\n?# pinet: begin[^\n]*\n(?:[^\n]*\n)*?# pinet: end[^\n]*\n")


class Problem(Exception):
    """What must not be: one sentence."""


def need(condition: bool, text: str) -> None:
    if not condition:
        raise Problem(text)


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def without_block(config: bytes) -> bytes:
    """What the owner wrote of config.txt."""
    return OURS.sub(b"", config)


class Booted:
    """What a client loaded: @files by their names in a generation, and its @generation, "" if they are at the top."""

    def __init__(self, files: dict[str, tuple[str, bytes]], cmdline: str) -> None:
        places = {name[: -len(base)] for base, (name, _data) in files.items()}
        need(len(places) == 1, f"files of several places would boot: {sorted(places)}")
        place = places.pop().removeprefix(PREFIX).rstrip("/")
        need(re.fullmatch(r"(pinet/g\d{6}-[^/]+)?", place) is not None, f"files of {place!r} would boot")
        self.generation = place.removeprefix("pinet/")
        self.files = {base: data for base, (_name, data) in files.items()}
        words = re.findall(r"pinet\.generation=(\S*)", cmdline)
        need(words == ([self.generation] if self.generation else []), f"{self.generation} would boot with {words}")


def boot_raspi(source: Source) -> Booted:
    """A Raspberry Pi 4."""
    got = boot(PI4, source)
    need(got.boots, f"nothing would boot: {got.reason} {got.error} {got.notes}")
    files = {}
    for file in (got.kernel, *got.initramfs, got.device_tree, got.cmdline):
        files[os.path.basename(file.name)] = (file.name, file.data)
    for file in got.overlays:
        files["overlays/" + os.path.basename(file.name)] = (file.name, file.data)
    return Booted(files, got.cmdline_text)


def boot_link(source: Source) -> Booted | None:
    """iPXE, by the script of the active generation; None if there is none."""
    script = source.read(PREFIX + "pinet/active/boot.ipxe")
    if script is None:
        return None
    files = {}
    cmdline = ""
    for line in script.decode().splitlines()[1:]:
        verb, _, rest = line.partition(" ")
        name, _, words = rest.partition(" ")
        if verb not in ("kernel", "initrd"):
            continue
        cmdline = words if verb == "kernel" else cmdline
        path = os.path.normpath(PREFIX + "pinet/active/" + name)
        data = source.read(path)
        need(data is not None, f"{path}, which boot.ipxe names, is not there")
        files[os.path.basename(path)] = (path, data)
    need(set(files) == {"vmlinuz", "initrd.img"}, f"boot.ipxe names only {sorted(files)}")
    return Booted(files, cmdline)


def tree(top: str) -> dict[str, tuple]:
    """Everything below @top that is not a directory, with what tells a change."""
    found = {}
    for directory, _directories, names in os.walk(top):
        for name in names:
            path = os.path.join(directory, name)
            st = os.lstat(path)
            data = os.readlink(path) if stat.S_ISLNK(st.st_mode) else content(path)
            found[os.path.relpath(path, top)] = (st.st_ino, st.st_mode, st.st_mtime_ns, data)
    return found


def of_others(work: str) -> dict[str, tuple]:
    """All that belongs to the user or to other packages. Of config.txt that is a part, see without_block()."""
    ours = re.compile(r"boot/(pinet/.*|config\.txt|tryboot\.txt|cmdline\.txt)|root/(run|var/lib)/pinet/.*")
    return {name: facts for name, facts in tree(work).items() if not ours.fullmatch(name)}


def generation(directory: str) -> dict[str, bytes]:
    """The files of a generation, which must be what its manifest says and no others."""
    name = os.path.basename(directory)
    found = tree(directory)
    need("manifest" in found, f"{name} has no manifest")
    lines = found.pop("manifest")[3].decode().splitlines()
    need(lines[0] == "pinet-manifest 1" and lines[-1] == "end", f"the manifest of {name} is {lines}")
    need(f"generation {name}" in lines, f"the manifest of {name} is another's")
    listed = {}
    for line in lines:
        if line.startswith("file "):
            _, _role, digest, size, path = line.split(" ", 4)
            listed[path] = (digest, int(size))
    have = {path: (hashlib.sha256(facts[3]).hexdigest(), len(facts[3])) for path, facts in found.items()}
    need(have == listed, f"{name} is not what its manifest says: {have} instead of {listed}")
    for path, facts in found.items():
        need(facts[1] == stat.S_IFREG | 0o644, f"{name}/{path} has the mode {facts[1]:o}")
    return {path: facts[3] for path, facts in found.items()}


def generations(boot_dir: str) -> dict[str, dict[str, bytes]]:
    """All that are in pinet/, each checked."""
    ours = os.path.join(boot_dir, "pinet")
    names = os.listdir(ours) if os.path.isdir(ours) else []
    return {name: generation(os.path.join(ours, name)) for name in sorted(names) if name.startswith("g")}


def leftovers(work: str) -> list[str]:
    """What a run that ended well does not leave behind. A lock whose holder is gone hinders nobody."""
    known = re.compile(r"g\d{6}-.*|owner|states|active|lock")
    left = [name for name in os.listdir(os.path.join(work, "boot/pinet")) if not known.fullmatch(name)]
    return left + state_leftovers(work)


def state_leftovers(work: str) -> list[str]:
    """The same of the client's own directory."""
    state = os.path.join(work, "root/var/lib/pinet")
    names = os.listdir(state) if os.path.isdir(state) else []
    return [os.path.join(state, name) for name in names if name not in ("sync", "stamp")]


def tree_source(work: str) -> Source:
    return Tree(work)
