# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot server that is full, read-only, used by another machine, or that shows other files by TFTP."""

import os
import shutil
import socket
import subprocess
import time

from rig import Rig, bzimage

V9, V10, V11 = (f"6.1.0-{n}-amd64" for n in (9, 10, 11))


def _mount(rig: Rig, size_kib: int) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", rig.boot], check=True)


def _large(rig: Rig, version: str) -> None:
    """A kernel of 400 kB, each of another size."""
    rig.debian(version)
    rig.put(f"root/boot/vmlinuz-{version}", bzimage(version) + os.urandom(400_000 + int(version.split("-")[1])))


def no_room(rig: Rig) -> None:
    _mount(rig, 2100)
    _large(rig, V9)
    assert rig.sync().status == 0
    filler = rig.path("boot/filler")
    with open(filler, "wb") as file:
        file.write(bytes(200_000))
    _large(rig, V10)
    done = rig.sync()
    assert done.status == 1 and rig.active() == f"g000001-{V9}", done
    assert "room" in done.err or "space" in done.err, done
    assert rig.generations() == [f"g000001-{V9}"] and rig.state()["result"] == "pending"
    assert not [name for name in os.listdir(rig.path("boot/pinet")) if name.startswith(".")]
    os.unlink(filler)
    assert rig.sync("--retry").status == 0 and rig.active() == f"g000002-{V10}"


def room_is_made(rig: Rig) -> None:
    _mount(rig, 2700)
    for version in (V9, V10, V11):
        _large(rig, version)
        assert rig.sync().status == 0
    assert len(rig.generations()) == 3
    _large(rig, "6.1.0-12-amd64")
    done = rig.sync()
    assert done.status == 0 and "older removed" in done.err, done
    assert f"g000001-{V9}" not in rig.generations() and rig.active() == "g000004-6.1.0-12-amd64"


def nothing_is_removed_in_vain(rig: Rig) -> None:
    """What needs more room than older generations would leave is refused, and they stay."""
    _mount(rig, 2700)
    for version in (V9, V10, V11):
        _large(rig, version)
        assert rig.sync().status == 0
    before = rig.generations()
    _large(rig, "6.1.0-12-amd64")
    rig.put("root/boot/vmlinuz-6.1.0-12-amd64", bzimage("6.1.0-12-amd64") + os.urandom(1_500_000))
    done = rig.sync()
    assert done.status == 1 and "the boot server has room for" in done.err, done
    assert rig.generations() == before and len(before) == 3, rig.generations()


def a_leftover_that_stays(rig: Rig) -> None:
    """What an interrupted run left and nobody can remove hinders no sync."""
    rig.debian(V9)
    rig.sync()
    rig.put("boot/pinet/.old-g000007-6/file", "")
    rig.put("boot/pinet/.new-g000002-6/file", "")
    mounted = rig.path("boot/pinet/.old-g000007-6/file")
    subprocess.run(["mount", "--bind", mounted, mounted], check=True)
    for version, name in ((V10, f"g000008-{V10}"), (V11, f"g000009-{V11}")):
        rig.debian(version)
        done = rig.sync()
        assert done.status == 0 and rig.active() == name, done
        assert "cannot remove pinet/.old-g000007-6: Device or resource busy: it stays" in done.err, done
    left = [name for name in os.listdir(rig.path("boot/pinet")) if name.startswith(".")]
    assert left == [".old-g000007-6"], left


def read_only(rig: Rig) -> None:
    rig.debian(V9)
    rig.sync()
    subprocess.run(["mount", "--bind", rig.boot, rig.boot], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", rig.boot], check=True)
    assert rig.sync().status == 0  # nothing to do
    rig.debian(V10)
    done = rig.sync()
    assert done.status == 1 and "ead-only" in done.err and rig.active() == f"g000001-{V9}", done
    assert "ead-only" in rig.state()["reason"]
    assert rig.run("rollback", f"g000001-{V9}").status == 1
    subprocess.run(["mount", "-o", "remount,bind,rw", rig.boot], check=True)
    assert rig.sync("--retry", "--defer").status == 0 and rig.active() == f"g000002-{V10}"


def directory_of_another_machine(rig: Rig) -> None:
    rig.debian(V9)
    rig.sync()
    rig.put("root/etc/machine-id", "ffffffffffffffffffffffffffffffff\n")
    rig.put("root/etc/hostname", "other\n")
    rig.debian(V10)
    done = rig.sync()
    assert done.status == 1 and "--adopt" in done.err and rig.active() == f"g000001-{V9}", done
    done = rig.sync("--adopt")
    assert done.status == 0 and rig.active() == f"g000002-{V10}", done


def two_at_once(rig: Rig) -> None:
    """Both end well: one does it, the other waits for it and finds nothing to do."""
    rig.debian(V9)
    argv = [rig.pinet, "sync", "--root", rig.root, "--dir", rig.boot]
    both = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    outputs = [one.communicate(timeout=60)[0] for one in both]
    statuses = sorted(one.returncode for one in both)
    assert statuses == [0, 0], outputs
    assert sum("nothing to do" in one for one in outputs) == 1, outputs
    assert rig.generations() == [f"g000001-{V9}"] and rig.active() == f"g000001-{V9}", outputs
    assert not os.path.lexists(rig.path("boot/pinet/lock"))


def two_clients_at_once(rig: Rig) -> None:
    """One has the directory, the other is told so; what boots is of one of them."""
    rig.debian(V9)
    other = rig.path("other")
    shutil.copytree(rig.root, other, symlinks=True)
    rig.put("other/etc/machine-id", "ffffffffffffffffffffffffffffffff\n")
    rig.put("other/etc/hostname", "other\n")
    for _ in range(6):
        argvs = [[rig.pinet, "sync", "--root", root, "--dir", rig.boot] for root in (rig.root, other)]
        both = [subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) for argv in argvs]
        errors = [one.communicate(timeout=60)[1] for one in both]
        assert sorted(one.returncode for one in both) == [0, 1], errors
        loser = errors[[one.returncode for one in both].index(1)]
        assert "belongs to another machine" in loser or "is writing to the boot directory" in loser, loser
        assert rig.generations() == [f"g000001-{V9}"] and rig.active() == f"g000001-{V9}"
        for name in ("boot/pinet", "root/var/lib/pinet", "other/var/lib/pinet"):
            rig.remove(name)


def damage_is_mended(rig: Rig) -> None:
    rig.debian(V9)
    rig.sync()
    first = f"g000001-{V9}"
    with open(rig.path(f"boot/pinet/{first}/vmlinuz"), "r+b") as file:
        file.write(b"x")
    assert "nothing to do" in rig.sync().err  # sizes and times say nothing of it
    assert rig.run("rollback", first).status == 1
    done = rig.sync("--force")
    second = f"g000002-{V9}"
    assert done.status == 0 and "vmlinuz" in done.err and rig.active() == second, done
    assert rig.inode(first, "vmlinuz") != rig.inode(second, "vmlinuz")
    assert rig.read(f"boot/pinet/{second}/manifest").count("file ") == 2
    # what is missing is seen without reading, when something else makes it look
    rig.remove(f"boot/pinet/{second}/initrd.img")
    rig.put("root/boot/System.map", "")
    done = rig.sync()
    assert done.status == 0 and rig.active() == f"g000003-{V9}", done


def damage_is_mended_after_a_drift(rig: Rig) -> None:
    """The boot loader did not load what is active: perhaps it could not."""
    rig.debian(V9)
    rig.sync()
    rig.remove(f"boot/pinet/g000001-{V9}/vmlinuz")
    assert "nothing to do" in rig.sync().err
    rig.put("root/run/pinet/drift", f"generation g000001-{V9} is active, but the boot loader has loaded another\n")
    done = rig.sync("--defer")
    assert done.status == 0 and "vmlinuz is missing" in done.err and rig.active() == f"g000002-{V9}", done
    done = rig.sync("--defer")
    assert "nothing to do" in done.err, done


def links_to_damage_become_copies(rig: Rig) -> None:
    rig.debian(V9)
    rig.sync()
    with open(rig.path(f"boot/pinet/g000001-{V9}/initrd.img"), "r+b") as file:
        file.write(b"x")
    rig.put("boot/cmdline.txt", "root=a\n")
    done = rig.sync()
    assert done.status == 0 and "all files are copied" in done.err, done
    second = f"g000002-{V9}"
    assert rig.active() == second and rig.inode(second, "initrd.img") != rig.inode(f"g000001-{V9}", "initrd.img")


def _tftp(rig: Rig, root: str) -> subprocess.Popen:
    """dnsmasq as TFTP server of @root."""
    argv = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--port=0", "--pid-file="]
    argv += ["--listen-address=127.0.0.1", "--bind-interfaces", "--user=root", "--enable-tftp", f"--tftp-root={root}"]
    server = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            probe.sendto(b"\0\1none\0octet\0", ("127.0.0.1", 69))
            try:
                probe.recv(100)
                return server
            except OSError:
                continue
    server.kill()
    raise AssertionError("dnsmasq does not answer")


def _booted_from(rig: Rig, path: str) -> None:
    rig.put("root/run/pinet/boot", f"result=ok\nfirmware.on=1\nfirmware.host=127.0.0.1\nfirmware.path={path}\n")


def by_tftp(rig: Rig) -> None:
    rig.debian(V9)
    done = rig.sync("--verify=tftp")
    assert done.status == 1 and "the boot server is not known" in done.err, done
    server = _tftp(rig, rig.work)
    try:
        for path in ("/srv/tftp/boot", "/exports/pxe/boot", "/boot"):
            _booted_from(rig, path)
            rig.initramfs(f"root/boot/initrd.img-{V9}", V9, salt=path)
            done = rig.sync("--verify=tftp")
            assert done.status == 0, done
        _booted_from(rig, "/elsewhere")
        done = rig.sync("--verify=tftp")
        assert done.status == 1 and "--tftp-prefix" in done.err, done
        done = rig.sync("--verify=tftp", "--tftp-prefix", "/boot/")
        assert done.status == 0, done
        # what could not be fetched is not activated
        rig.initramfs(f"root/boot/initrd.img-{V9}", V9, salt="last")
        active = rig.active()
        done = rig.sync("--verify=tftp", "--tftp-prefix", "other")
        assert done.status == 1 and "does not give other/pinet/" in done.err and rig.active() == active, done
        assert len(rig.generations()) == 3, rig.generations()
        assert rig.sync().status == 0
        active = rig.active()
        # a copy of the directory that somebody made: another one is active there
        shutil.copytree(rig.boot, rig.path("copy/boot"), symlinks=True)
        os.unlink(rig.path("copy/boot/pinet/active"))
        os.symlink(rig.generations()[0], rig.path("copy/boot/pinet/active"))
        done = rig.sync("--verify=tftp", "--tftp-prefix", "copy/boot")
        assert done.status == 0 and "gives another copy/boot/pinet/active/manifest" in done.err, done
        # and it is not what was stored
        with open(rig.path(f"copy/boot/pinet/{active}/vmlinuz"), "r+b") as file:
            file.write(b"x")
        done = rig.sync("--verify=tftp", "--tftp-prefix", "copy/boot")
        assert done.status == 1 and f"gives another copy/boot/pinet/{active}/vmlinuz" in done.err, done
    finally:
        server.kill()
        server.wait()


def unreadable_by_tftp(rig: Rig) -> None:
    """Files that NFS shows, and the TFTP server does not."""
    rig.debian(V9)
    _booted_from(rig, "/srv/tftp/boot")
    server = _tftp(rig, rig.work)
    try:
        assert rig.sync("--verify=tftp").status == 0
        image = f"boot/pinet/g000001-{V9}/initrd.img"
        os.chmod(rig.path(image), 0o600)
        done = rig.sync("--verify=tftp")
        assert done.status == 1 and f"does not give {image}" in done.err and "may not read" in done.err, done
        assert rig.state()["result"] == "pending", rig.state()
        os.chmod(rig.path(image), 0o644)
        assert rig.sync("--verify=tftp").status == 0
    finally:
        server.kill()
        server.wait()


def nothing_below_a_mount_point(rig: Rig) -> None:
    """Without --dir only a mounted NFS will do."""
    rig.debian(V9)
    argv = [rig.pinet, "sync", "--root", rig.root]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "does not boot from a boot server" in done.stderr, done
    rig.put("root/run/pinet/boot", "result=ok\nfirmware.on=1\n")
    rig.put("root/run/pinet/firmware", "mounted=0\nwhere=/boot/firmware\nerror=no answer from 10.0.0.1\n")
    os.makedirs(rig.path("root/boot/firmware"))
    done = subprocess.run([*argv, "--defer"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "are not mounted at" in done.stderr and "no answer from" in done.stderr, done
    assert rig.state()["result"] == "pending" and os.listdir(rig.path("root/boot/firmware")) == []
    rig.put("root/run/pinet/boot", "result=ok\nfirmware.on=0\n")
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "does not boot from a boot server" in done.stderr, done
