# SPDX-License-Identifier: GPL-2.0-or-later
"""A new kernel is synchronized, and the program is killed before each system call that may change something, or that
call fails. Whatever happened, the firmware finds one complete generation, the one before or the new one, and the next
sync succeeds."""

import hashlib
import os
import shutil
import subprocess

from rig import Rig, bzimage
from sim import outcome

OLD, NEW = "6.12.25+rpt-rpi-v8", "6.12.34+rpt-rpi-v8"
# What may change something, on the server or in the program's view of it.
CHANGES = (
    "write,pwrite64,fsync,sync_file_range,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,symlink,"
    "symlinkat,fchmod,ftruncate,utimensat"
)
OPENS = "openat"
READS = "read,pread64,newfstatat,fstat,getdents64,readlink,readlinkat,fstatfs,pipe2,clone"


def _set(calls: str) -> str:
    """For strace: those that this machine does not have are no error."""
    return ",".join("?" + name for name in calls.split(","))


def _strace(rig: Rig, calls: str, output: str, *args: str) -> int:
    """Runs a sync below strace, which does not follow its children. Returns its exit status, negative for a signal."""
    argv = ["strace", "-qq", "-o", output, "-e", f"trace={_set(calls)}", "-e", "signal=none", *args]
    argv += [rig.pinet, "sync", "--root", rig.root, "--dir", rig.boot]
    return subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False).returncode


def _manifest(rig: Rig, name: str) -> dict[str, str]:
    """Digests by path."""
    lines = [line.split(" ", 4) for line in rig.read(f"boot/pinet/{name}/manifest").splitlines()]
    return {line[4]: line[2] for line in lines if line[0] == "file"}


def _assert_whole(rig: Rig, name: str) -> None:
    """Every file of a generation is what its manifest says."""
    for path, digest in _manifest(rig, name).items():
        with open(rig.path(f"boot/pinet/{name}/{path}"), "rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() == digest, (name, path)


def _loaded_raspi(rig: Rig) -> str:
    """The generation that the firmware loads all of."""
    got = outcome(rig)
    assert got.boots, (got.reason, got.error)
    files = [got.kernel, got.device_tree, got.cmdline, *got.initramfs]
    names = {file.name.split("/")[2] for file in files if file.name.startswith("boot/pinet/")}
    assert len(names) == 1 and all(file.name.startswith("boot/pinet/") for file in files), [file.name for file in files]
    name = names.pop()
    digests = _manifest(rig, name)
    for file in files:
        assert file.sha256() == digests[file.name.split("/", 3)[3]], (name, file.name)
    assert got.cmdline_text.endswith(f"pinet.generation={name}"), got.cmdline_text
    return name


def _loaded_link(rig: Rig) -> str:
    name = rig.active()
    _assert_whole(rig, name)
    return name


def _prepare_raspi(rig: Rig) -> None:
    rig.pi()
    rig.raspi(OLD)
    assert rig.sync().status == 0
    rig.raspi(NEW)


def _prepare_link(rig: Rig) -> None:
    tree = "root/usr/lib/linux-image-{}/broadcom/bcm.dtb"
    rig.put("boot/cmdline.txt", "root=LABEL=writable\n")
    for version in (OLD, NEW):
        rig.put(f"root/boot/vmlinuz-{version}", bzimage(version))
        rig.put(tree.format(version), "the same")
        rig.modules(version)
        rig.initramfs(f"root/boot/initrd.img-{version}", version)
        if version == OLD:
            assert rig.sync().status == 0


def _restore(rig: Rig, snapshot: str) -> None:
    for name in ("root", "boot"):
        shutil.rmtree(rig.path(name), ignore_errors=True)
    subprocess.run(["cp", "-a", f"{snapshot}/root", f"{snapshot}/boot", rig.work], check=True)


def _assert_next_sync_mends(rig: Rig, loaded) -> None:
    done = rig.sync()
    assert done.status == 0, done
    name = loaded(rig)
    assert name.endswith(NEW) and rig.state()["result"] == "ok", (name, rig.state())
    _assert_whole(rig, name)
    assert "nothing to do" in rig.sync().err
    if os.path.exists(rig.path("boot/pinet/lock")):
        # nothing was to do, so nobody needed it; its holder is gone
        assert rig.sync("--force").status == 0
    rest = [entry for entry in os.listdir(rig.path("boot/pinet")) if entry.startswith(".") or entry == "lock"]
    assert not rest, rest


def _sweep(rig: Rig, prepare, loaded, calls: str, what: str, statuses: tuple[int, ...]) -> None:
    """Does @what at each of the @calls in turn."""
    prepare(rig)
    snapshot = rig.path("snapshot")
    os.mkdir(snapshot)
    subprocess.run(["cp", "-a", rig.root, rig.boot, snapshot], check=True)
    _restore(rig, snapshot)
    log = rig.path("log")
    assert _strace(rig, calls, log) == 0
    with open(log, encoding="utf-8", errors="replace") as file:
        made = [line.split("(", 1)[0] for line in file]
    assert len(made) > 50, made
    for i, call in enumerate(made):
        # strace counts each kind of call by itself
        when = f"{call}:{what}:when={made[: i + 1].count(call)}"
        _restore(rig, snapshot)
        status = _strace(rig, calls, log, "-e", f"inject={when}")
        try:
            assert status in statuses, f"exit status {status}"
            name = loaded(rig)
            assert name in (f"g000001-{OLD}", f"g000002-{NEW}"), name
            _assert_next_sync_mends(rig, loaded)
        except AssertionError as error:
            with open(log, encoding="utf-8", errors="replace") as file:
                calls_made = "".join(file.readlines()[-3:])
            raise AssertionError(f"{when}, call {i + 1} of {len(made)}: {error}\n{calls_made}") from error


def killed_raspi(rig: Rig) -> None:
    _sweep(rig, _prepare_raspi, _loaded_raspi, f"{CHANGES},{OPENS}", "signal=SIGKILL", (-9,))


def killed_link(rig: Rig) -> None:
    _sweep(rig, _prepare_link, _loaded_link, f"{CHANGES},{OPENS}", "signal=SIGKILL", (-9,))


def failing_raspi(rig: Rig) -> None:
    _sweep(rig, _prepare_raspi, _loaded_raspi, CHANGES, "error=EIO", (0, 1))


def full_raspi(rig: Rig) -> None:
    _sweep(rig, _prepare_raspi, _loaded_raspi, f"{CHANGES},{OPENS}", "error=ENOSPC", (0, 1))


def stale_link(rig: Rig) -> None:
    _sweep(rig, _prepare_link, _loaded_link, f"{CHANGES},{OPENS}", "error=ESTALE", (0, 1))


def read_only_link(rig: Rig) -> None:
    _sweep(rig, _prepare_link, _loaded_link, CHANGES, "error=EROFS", (0, 1))


def unreadable_raspi(rig: Rig) -> None:
    _sweep(rig, _prepare_raspi, _loaded_raspi, READS, "error=EIO", (0, 1))
