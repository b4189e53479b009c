# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulator as other tests use it: sources of their own, outcomes as objects, and the program's exit statuses."""

import json
import os
import subprocess

from pi import report
from pi.boot import Machine, boot
from pi.source import Source, TransportError, Tree

NAME = "library"
PIBOOT = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "piboot")
PI4 = Machine("pi4", serial="10000000abcd1234")


class Files(Source):
    """A boot directory in memory. @on_request is called with the kind of each request and its name, before it is
    answered."""

    def __init__(self, files: dict[str, str], on_request=None):
        self.files = dict(files)
        self.on_request = on_request or (lambda files, kind, name: None)

    def read(self, name: str) -> bytes | None:
        self.on_request(self.files, "read", name)
        text = self.files.get(name)
        return None if text is None else text.encode()

    def exists(self, name: str) -> bool:
        self.on_request(self.files, "probe", name)
        return name in self.files


def _generation(prefix: str) -> dict[str, str]:
    names = ("vmlinuz", "initrd.img", "bcm2711-rpi-4-b.dtb", "cmdline.txt")
    return {f"abcd1234/{prefix}{name}": f"{prefix}{name}" for name in names}


def _config(prefix: str) -> str:
    return f"[all]\nkernel=vmlinuz\ninitramfs initrd.img followkernel\nos_prefix={prefix}\n"


def _directory() -> dict[str, str]:
    """Two generations, the first active, and other files at the top."""
    files = {"abcd1234/start4.elf": "firmware", "abcd1234/fixup4.dat": "pair", "abcd1234/config.txt": _config("g1/")}
    return files | _generation("g1/") | _generation("g2/") | _generation("")


def _prefixes(outcome) -> set[str]:
    """The directories that what boots comes from."""
    files = [outcome.kernel, outcome.device_tree, outcome.cmdline, *outcome.initramfs]
    return {os.path.dirname(file.name) for file in files if file}


def _differences(got: dict, wanted: dict) -> list[str]:
    return [f"{name}: got {got.get(name)!r}, wanted {want!r}" for name, want in wanted.items() if got.get(name) != want]


def _facts(outcome) -> dict:
    return {"boots": outcome.boots, "reason": outcome.reason, "error": outcome.error, "from": _prefixes(outcome)}


def one_generation(_work: str) -> list[str]:
    outcome = boot(PI4, Files(_directory()))
    return _differences(_facts(outcome), {"boots": True, "error": "", "from": {"abcd1234/g1"}})


def switched_at_any_request(_work: str) -> list[str]:
    """Another generation becomes active while the bootloader reads: whatever the moment, it takes all of one."""
    problems = []
    seen = set()
    total = len(boot(PI4, Files(_directory())).requests)
    for moment in range(total + 1):
        count = 0

        def switch(files: dict[str, str], _kind: str, _name: str) -> None:
            nonlocal count
            if count == moment:
                files["abcd1234/config.txt"] = _config("g2/")
            count += 1

        outcome = boot(PI4, Files(_directory(), switch))
        if not outcome.boots or len(_prefixes(outcome)) != 1:
            problems.append(f"switched at request {moment}: {_facts(outcome)}")
        seen |= _prefixes(outcome)
    return problems + ([] if seen == {"abcd1234/g1", "abcd1234/g2"} else [f"only {seen} were seen"])


def removed_while_read(_work: str) -> list[str]:
    """The kernel was there when os_prefix was tested and is gone when it is loaded: no other is taken."""

    def remove(files: dict[str, str], kind: str, name: str) -> None:
        if kind == "read" and name.endswith("cmdline.txt"):
            files.pop("abcd1234/g1/vmlinuz", None)

    outcome = boot(PI4, Files(_directory(), remove))
    wanted = {"boots": False, "reason": "kernel abcd1234/g1/vmlinuz is absent"}
    return _differences(_facts(outcome), wanted)


def trouble_is_not_absence(_work: str) -> list[str]:
    """At each request in turn the server does not answer: that is always an error and never a boot from elsewhere."""
    problems = []
    total = len(boot(PI4, Files(_directory())).requests)
    for moment in range(total):
        count = 0

        def fail(_files: dict[str, str], _kind: str, name: str) -> None:
            nonlocal count
            count += 1
            if count > moment:
                raise TransportError(f"{name}: no answer")

        outcome = boot(PI4, Files(_directory(), fail))
        if outcome.boots or outcome.reason or not outcome.error.endswith(": no answer"):
            problems.append(f"no answer to request {moment}: {_facts(outcome)}")
        if len(outcome.requests) != moment:
            problems.append(f"no answer to request {moment}: {len(outcome.requests)} requests were noted")
    return problems


def only_read(_work: str) -> list[str]:
    """A source needs no more than read()."""

    class Least(Source):
        def read(self, name: str) -> bytes | None:
            text = _directory().get(name)
            return text.encode() if text is not None else None

    return _differences(_facts(boot(PI4, Least())), {"boots": True, "from": {"abcd1234/g1"}})


def tree_refusals(work: str) -> list[str]:
    """A directory gives what a server with that root would give."""
    root = os.path.join(work, "refusals")
    os.makedirs(os.path.join(root, "dir"))
    os.mkfifo(os.path.join(root, "fifo"))
    os.symlink("loop", os.path.join(root, "loop"))
    for name, mode in (("file", 0o644), ("private", 0o600)):
        with open(os.path.join(root, name), "w", encoding="ascii") as file:
            file.write(name)
        os.chmod(os.path.join(root, name), mode)

    def answer(tree: Tree, name: str) -> str:
        try:
            data = tree.read(name)
        except TransportError:
            return "error"
        return tree.why if data is None else data.decode()

    plain = Tree(root)
    names = ("file", "/file", "private", "no", "file/no", "dir", "fifo", "../x", "loop")
    got = {name: answer(plain, name) for name in names}
    got |= {"permissive": answer(Tree(root, permissive=True), "private"), "probe of dir": plain.exists("dir")}
    wanted = {"file": "file", "/file": "file", "private": "refused", "no": "absent", "file/no": "absent"}
    wanted |= {"dir": "refused", "fifo": "refused", "../x": "refused", "loop": "error"}
    wanted |= {"permissive": "private", "probe of dir": True}
    return _differences(got, wanted)


def machines(_work: str) -> list[str]:
    """Prefixes as the EEPROM makes them, and machines that cannot be."""
    mac = "DC:A6:32:01:36:C2"
    got = {
        "serial": Machine("pi5", serial="0x10000000ABCD1234").tftp_prefix(),
        "short": Machine("pi3", serial="12").tftp_prefix(),
        "mac": Machine("pi4", mac=mac, prefix="mac").tftp_prefix(),
        "string": Machine("pi4", prefix="running-lion/").tftp_prefix(),
    }
    wrong = {
        "model": Machine("pi6"),
        "serial digits": Machine("pi4", serial="xyz"),
        "serial length": Machine("pi4", serial="0" * 17),
        "mac without": Machine("pi4", prefix="mac"),
        "mac form": Machine("pi4", mac="dc-a6-32", prefix="mac"),
        "long": Machine("pi4", prefix="x" * 33),
        "pi3": Machine("pi3", prefix="x/"),
    }
    for name, machine in wrong.items():
        try:
            machine.check()
            got[name] = "accepted"
        except ValueError:
            got[name] = "refused"
    Machine("pi4", prefix="x" * 32).check()
    wanted = {"serial": "abcd1234/", "short": "00000012/", "mac": "dc-a6-32-01-36-c2/", "string": "running-lion/"}
    return _differences(got, wanted | {name: "refused" for name in wrong})


def saved(work: str) -> list[str]:
    """What QEMU is given; a file that the boot does not have is not left from the one before."""
    directory = os.path.join(work, "saved")
    files = _directory()
    files["abcd1234/config.txt"] = _config("g1/").replace("initrd.img", "initrd.img,/initrd.img")
    report.save(boot(PI4, Files(files)), directory)
    got = {}
    for name in os.listdir(directory):
        with open(os.path.join(directory, name), encoding="ascii") as file:
            got[name] = file.read()
    wanted = {"kernel": "g1/vmlinuz", "initramfs": "g1/initrd.img\0\0\0initrd.img\0\0", "dtb": "g1/bcm2711-rpi-4-b.dtb"}
    wanted["cmdline"] = "g1/cmdline.txt"
    problems = _differences(got, wanted)
    files["abcd1234/config.txt"] = "kernel=vmlinuz\n"
    report.save(boot(PI4, Files(files)), directory)
    left = sorted(os.listdir(directory))
    return problems + ([] if left == ["cmdline", "dtb", "kernel"] else [f"left: {left}"])


def program(work: str) -> list[str]:
    """Exit statuses, JSON and --save of the program itself."""
    root = os.path.join(work, "program")
    for name, text in _directory().items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)

    def run(*args: str) -> subprocess.CompletedProcess:
        argv = [PIBOOT, *args]
        return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)

    pi4 = ["--model", "pi4", "--serial", "abcd1234"]
    out = os.path.join(work, "program-out")
    boots = run("--tree", root, *pi4, "--json", "--save", out)
    whole = json.loads(boots.stdout)
    got = {
        "boots": boots.returncode,
        "kernel": whole["kernel"]["name"],
        "sha256": whole["kernel"]["sha256"][:8],
        "saved": sorted(os.listdir(out)),
        "boots not": run("--tree", root, "--model", "pi5", "--serial", "1").returncode,
        "usage": run("--tree", root, "--model", "pi6", "--serial", "1").returncode,
        "machine": run("--tree", root, "--model", "pi3", "--serial", "1", "--prefix", "x/").returncode,
        "two sources": run("--tree", root, "--server", "127.0.0.1", *pi4).returncode,
        "cannot save": run("--tree", root, *pi4, "--save", PIBOOT).returncode,
    }
    silent = run("--server", "127.0.0.1", "--port", "9", "--file-timeout", "0.3", *pi4, "--json")
    got |= {"silent": silent.returncode, "error": json.loads(silent.stdout)["error"], "said": silent.stderr.strip()}
    got["no such host"] = run("--server", "no such host", *pi4).returncode
    error = "abcd1234/start4.elf: no answer in 0.3 s"
    wanted = {"boots": 0, "kernel": "abcd1234/g1/vmlinuz", "sha256": "763831a1", "boots not": 1, "usage": 2}
    wanted |= {"saved": ["cmdline", "dtb", "initramfs", "kernel"], "machine": 2, "two sources": 2}
    wanted |= {"cannot save": 2, "silent": 3, "error": error, "said": f"piboot: {error}", "no such host": 3}
    return _differences(got, wanted)


TESTS = {
    test.__name__.replace("_", "-"): test
    for test in (
        one_generation,
        switched_at_any_request,
        removed_while_read,
        trouble_is_not_absence,
        only_read,
        tree_refusals,
        machines,
        saved,
        program,
    )
}
