# SPDX-License-Identifier: GPL-2.0-or-later
"""Client images: made once, kept in the cache directory under a name with the digest of all that went in."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass

from .machine import Machine
from .proc import RigError, replace_file, run

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.environ.get("PINET_CACHE", "/var/cache/pinet-tests")
GUEST = os.path.join(os.path.dirname(HERE), "guest")
# The first process of a guest that makes LVM on LUKS out of a file system: the first disk to the second.
WRAP_KEY, WRAP_UUID = "not so secret", "70696e65-7401-4c55-8b53-6c756b730001"
WRAP = f"""
set -e
trap 'poweroff -f' EXIT
mkdir -p /proc /sys /dev /run
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in virtio_pci virtio_scsi sd_mod dm_mod dm_crypt; do
	modprobe $module
done
# disk NUMBER: its device; which of the two becomes sda is not said
disk()
{{
	ls -d /sys/bus/scsi/devices/*:0:$1:0/block/* 2>/dev/null | sed 's,.*/,/dev/,'
}}
while [ ! -b "$(disk 0)" ] || [ ! -b "$(disk 1)" ]; do
	sleep 1
done
from=$(disk 0) to=$(disk 1)
export DM_DISABLE_UDEV=1
cryptsetup luksFormat --batch-mode --type luks1 --iter-time 10 --uuid {WRAP_UUID} $to /key
cryptsetup open --key-file /key $to lun_crypt
lvm pvcreate /dev/mapper/lun_crypt
lvm vgcreate vg0 /dev/mapper/lun_crypt
lvm lvcreate --zero n --wipesignatures n --name root --extents 100%FREE vg0
dd if=$from of=/dev/mapper/vg0-root bs=1M skip="$1"
lvm vgchange --activate n vg0
cryptsetup close lun_crypt
sync
echo wrapped
"""
# So many images of a kind stay in the cache.
KEPT = 4
# What the image is to have besides what the hooks add: the adapter of a local disk; without our hook, more.
LOCAL_MODULES = "virtio_scsi\n"
STOCK_MODULES = "virtio_pci\nvirtio_net\nvirtio_scsi\nsd_mod\next4\n"

# Where build-client puts the boot partition and the root.
BOOT_OFFSET = 1024 * 1024
ROOT_OFFSET = (1 + 128) * 1024 * 1024
SECTOR = 512
# Behind the GPT, before the first partition.
GRUB, GRUB_START = "/usr/lib/grub/i386-pc", 64


@dataclass(frozen=True)
class Client:
    """An image: what build-client left in @path."""

    path: str

    def file(self, name: str) -> str:
        return os.path.join(self.path, name)

    @property
    def version(self) -> str:
        with open(self.file("version"), encoding="ascii") as file:
            return file.read().strip()


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:12]


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _tree(path: str) -> list[bytes]:
    """All names and contents under @path, in a fixed order."""
    parts = []
    for directory, names, files in sorted(os.walk(path)):
        names.sort()
        for name in sorted(files):
            full = os.path.join(directory, name)
            parts += [os.path.relpath(full, path).encode(), _read(full), str(os.stat(full).st_mode & 0o111).encode()]
    return parts


@contextmanager
def _lock(name: str):
    """One builder at a time for each name: several runs may want the same image."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, f".{name}.lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prune(prefix: str) -> None:
    """Removes the images of @prefix but the few used last: what is in use elsewhere is among those."""
    pattern = re.compile(re.escape(prefix) + r"-[0-9a-f]{12}")
    paths = [os.path.join(CACHE, name) for name in os.listdir(CACHE) if pattern.fullmatch(name)]
    for path in sorted(paths, key=os.path.getmtime)[: -KEPT + 1]:
        shutil.rmtree(path)


def _build(prefix: str, digest: str, make) -> str:
    """Returns the cached directory PREFIX-DIGEST; @make fills one when there is none."""
    path = os.path.join(CACHE, f"{prefix}-{digest}")
    with _lock(prefix):
        if not os.path.isdir(path):
            _prune(prefix)
            partial = f"{path}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            make(partial)
            os.rename(partial, path)
        os.utime(path)
        return path


def _script(name: str, *args: str) -> None:
    """Runs one of the build scripts; shows what it said only when it fails."""
    done = subprocess.run(
        [os.path.join(HERE, name), *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise RigError(f"{name} {' '.join(args)}: exit status {done.returncode}\n{done.stdout[-4000:]}")


def base(suite: str, arch: str) -> str:
    """Returns the directory with the base file system of @suite."""
    digest = _digest(_read(os.path.join(HERE, "build-base")), *_tree(os.path.join(GUEST, "etc/initramfs-tools")))
    return _build(f"base-{suite}-{arch}", digest, lambda out: _script("build-base", suite, arch, out))


def layer(suite: str, arch: str, packages: tuple[str, ...]) -> str:
    """Returns the directory with the base file system of @suite that has @packages besides."""
    root = base(suite, arch)
    if not packages:
        return root
    digest = _digest(os.path.basename(root).encode(), _read(os.path.join(HERE, "build-layer")), repr(packages).encode())
    return _build(f"layer-{suite}-{arch}", digest, lambda out: _script("build-layer", root, out, *packages))


def with_modules(suite: str, package: str) -> str:
    """Returns the directory with the base file system of @suite, whose kernel has the modules of @package, too: see build-modules."""
    root = base(suite, "amd64")
    scripts = [_read(os.path.join(HERE, name)) for name in ("build-modules", "build-layer")]
    versions = repr(os.listdir(os.path.join(root, "usr/lib/modules"))).encode()
    digest = _digest(os.path.basename(root).encode(), *scripts, versions, package.encode())
    prefix = f"modules-{suite}-{package.replace('-', '_')}"
    return _build(prefix, digest, lambda out: _script("build-modules", root, out, package))


def server(suite: str, packages: tuple[str, ...], modules: str = "") -> str:
    """Returns the directory with the disk of a boot server of @suite that is a guest, with @packages: see build-server. Its
    kernel has the modules of the package @modules, too."""
    root, serve = with_modules(suite, modules) if modules else base(suite, "amd64"), os.path.join(HERE, "serve")
    parts = (_read(os.path.join(HERE, "build-server")), _read(os.path.join(HERE, "unpack-kernel")), _read(serve))
    digest = _digest(os.path.basename(root).encode(), *parts, repr(packages).encode())
    prefix = "-".join(filter(None, ["server", suite, modules.replace("-", "_")]))
    return _build(prefix, digest, lambda out: _script("build-server", root, out, serve, *packages))


def client(
    suite: str,
    arch: str,
    deb: str = "",
    files: dict[str, str] | None = None,
    name: str = "",
    package: str = "",
    raspi: bool = False,
    packages: tuple[str, ...] = (),
) -> Client:
    """Returns the client image of @suite with the package @deb, or Debian's stock client without one.

    @files, path to text, are put into the root file system before the initramfs is made, scripts as executables and secrets for root alone;
    images with some are told apart by @name. @package is in the client's own repository, /srv/repo. @raspi has Debian's
    raspi-firmware fill the boot partition. @packages are installed before."""
    root = layer(suite, arch, packages)
    files = dict(files or {})
    files["/etc/initramfs-tools/modules"] = LOCAL_MODULES if deb else STOCK_MODULES
    if package or raspi:
        # where this machine keeps /dev/null from others, apt's own user could not check signatures
        files["/etc/apt/apt.conf.d/90sandbox"] = 'APT::Sandbox::User "root";\n'
    kind = "-".join(filter(None, ["pinet" if deb else "stock", name.replace("-", "_")]))
    digest = _digest(
        os.path.basename(root).encode(),
        _read(os.path.join(HERE, "build-client")),
        *_tree(GUEST),
        _read(deb) if deb else b"",
        repr(sorted(files.items())).encode(),
        package.encode(),
        str(raspi).encode(),
    )

    def make(out: str) -> None:
        with tempfile.TemporaryDirectory(dir=CACHE, prefix="tree.") as tree:
            shutil.copytree(GUEST, tree, dirs_exist_ok=True)
            for path, text in files.items():
                full = os.path.join(tree, path.lstrip("/"))
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as file:
                    file.write(text)
                if text.startswith("#!"):
                    os.chmod(full, 0o755)
                elif path.endswith("/chap.conf"):
                    os.chmod(full, 0o600)
            os.chmod(tree, 0o755)
            try:
                _script("build-client", root, out, tree, deb, package, "raspi" if raspi else "")
            except BaseException:
                shutil.rmtree(out, ignore_errors=True)
                raise

    return Client(_build(f"client-{suite}-{arch}-{kind}", digest, make))


def device_tree(suite: str, arch: str, version: str, name: str) -> str:
    """Returns the device tree NAME of kernel @version, or nothing if there is no name."""
    return os.path.join(base(suite, arch), f"usr/lib/linux-image-{version}", name) if name else ""


def cpio(files: dict[str, bytes]) -> bytes:
    """Returns a "newc" archive the kernel unpacks over the initramfs: its files replace those of the same name."""
    out = bytearray()
    names = []
    for path in files:
        parts = path.strip("/").split("/")
        names += [("/".join(parts[:depth]), None) for depth in range(1, len(parts))]
        names.append(("/".join(parts), files[path]))
    for inode, (name, data) in enumerate([*dict(names).items(), ("TRAILER!!!", b"")], start=1):
        mode = 0o040755 if data is None else 0o100644
        data = data or b""
        fields = [inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08X" % value for value in fields) + name.encode() + b"\0"
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


def copy(source: str, target: str) -> None:
    """Copies a disk image and keeps its holes."""
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", source, target], check=True)


def make_bootable(disk: str, directory: str, cmdline: str) -> None:
    """Makes @disk one that a PC boots from: a GPT over the partitions that it has, and GRUB, which loads the kernel and
    the initramfs that Debian's links in the root name, with @cmdline. Leaves its files in @directory."""
    start = ROOT_OFFSET // SECTOR
    run("truncate", "--size=+1M", disk)  # for the second copy of the table
    run(
        *("sfdisk", "--quiet", "--force", disk),
        input=f"label: gpt\nfirst-lba: 34\nstart={GRUB_START}, size={2048 - GRUB_START}, type=21686148-6449-6E6F-744E-656564454649\n"
        f"start=2048, size={start - 2048}, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7\nstart={start}\n",
    )
    config, core_path = os.path.join(directory, "grub.cfg"), os.path.join(directory, "core.img")
    replace_file(config, f"set root=(hd0,gpt3)\nlinux /vmlinuz {cmdline}\ninitrd /initrd.img\nboot\n")
    modules = ("biosdisk", "part_gpt", "ext2", "linux", "boot")
    run("grub-mkimage", "-O", "i386-pc", "-p", "/", "-c", config, "-o", core_path, *modules)
    # What grub-install would write: the sectors where the boot sector finds the core, and the core its rest.
    boot, core = bytearray(_read(f"{GRUB}/boot.img")[:440]), bytearray(_read(core_path))
    boot[0x5C:0x64] = GRUB_START.to_bytes(8, "little")
    boot[0x66:0x68] = b"\x90\x90"
    core[0x1F4:0x1FC] = (GRUB_START + 1).to_bytes(8, "little")
    with open(disk, "r+b") as file:
        file.write(boot)
        file.seek(GRUB_START * SECTOR)
        file.write(core)


def wrap(disk: str, client: "Client", directory: str) -> None:
    """Puts the root file system of @disk into LVM on LUKS that fill the disk, with the tools in the initramfs of
    @client, which a guest of its own runs: see WRAP. The key is WRAP_KEY."""
    start, made = ROOT_OFFSET // 1024**2, os.path.join(directory, "wrapped.img")
    run("truncate", f"--size={os.path.getsize(disk) - ROOT_OFFSET + (32 << 20)}", made)
    initrd = os.path.join(directory, "wrap-initrd")
    shutil.copy(client.file("initrd.img"), initrd)
    with open(initrd, "ab") as file:
        file.write(bytes(-file.tell() % 4))
        file.write(cpio({"/wrap": WRAP.encode(), "/key": WRAP_KEY.encode()}))
    cmdline = f"console=ttyS0 quiet rdinit=/bin/sh -- /wrap {start}"
    machine = Machine("amd64", [], [disk, made], kernel=client.file("vmlinux"), initrd=initrd, cmdline=cmdline)
    done = subprocess.run(
        [*machine.argv(), "-serial", "stdio"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=900, check=False
    )
    if b"\nwrapped\r" not in done.stdout:
        raise RigError(f"LVM on LUKS was not made:\n{done.stdout.decode(errors='replace')[-3000:]}")
    os.rename(made, disk)
    os.unlink(initrd)


def add_journal(disk: str) -> None:
    """Gives the root file system of @disk a journal."""
    run("tune2fs", "-j", f"{disk}?offset={ROOT_OFFSET}")


def mark(disk: str, text: str) -> None:
    """Writes @text into /etc/pinet-test-marker of the disk's root file system, to tell two equal disks apart."""
    with tempfile.NamedTemporaryFile("w", suffix=".marker") as file:
        file.write(text + "\n")
        file.flush()
        commands = f"rm /etc/pinet-test-marker\nwrite {file.name} /etc/pinet-test-marker\n"
        run("debugfs", "-w", "-f", "-", f"{disk}?offset={ROOT_OFFSET}", input=commands)
