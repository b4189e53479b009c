# SPDX-License-Identifier: GPL-2.0-or-later
"""A made-up root and boot directory in a temporary directory, and pinet run on them."""

import os
import shutil
import subprocess

DRIVER = "virtio_net"


def bzimage(version: str) -> bytes:
    """A kernel image of x86: no more than the header that tells its version."""
    image = bytearray(0x4600)
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x202:0x208] = b"HdrS\x0f\x02"
    image[0x20E:0x210] = (0x4000 - 0x200).to_bytes(2, "little")
    text = version.encode() + b" (somebody@somewhere) #1\0"
    image[0x4000 : 0x4000 + len(text)] = text
    return bytes(image)


def arm64_image(version: str) -> bytes:
    """A kernel image of arm64: its magic number and, somewhere, the banner."""
    image = bytearray(300000)
    image[0x38:0x3C] = b"ARM\x64"
    text = f"Linux version {version} (somebody@somewhere) (gcc)".encode()
    image[200000 : 200000 + len(text)] = text
    return bytes(image)


class Result:
    """What a run of pinet gave."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    def __repr__(self) -> str:
        return f"exit status {self.status}\n{self.out}{self.err}"


class Rig:
    """root/ and boot/ below @work; @work is made and belongs to the rig."""

    def __init__(self, pinet: str, work: str) -> None:
        self.pinet, self.work = pinet, work
        self.trial = ""  # a program for what the agent does in the initramfs: "count"
        self.root, self.boot = os.path.join(work, "root"), os.path.join(work, "boot")
        os.makedirs(self.boot)
        self.put("root/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.put("root/etc/hostname", "client\n")
        self.put("root/proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000000\n")
        self.put("root/proc/cmdline", "root=LABEL=writable pinet.server=10.0.0.1 quiet\n")

    def path(self, name: str) -> str:
        return os.path.join(self.work, name)

    def put(self, name: str, content: str | bytes) -> None:
        """Writes a file anew, as dpkg does: under another name first."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".dpkg-new", "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.rename(path + ".dpkg-new", path)

    def read(self, name: str) -> str:
        with open(self.path(name), encoding="utf-8", newline="") as file:
            return file.read()

    def remove(self, name: str) -> None:
        path = self.path(name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def modules(self, version: str) -> None:
        """/lib/modules/VERSION with the driver of the NIC."""
        base = f"root/lib/modules/{version}"
        self.put(f"{base}/modules.dep", f"kernel/drivers/net/{DRIVER}.ko: kernel/net/failover.ko\n")
        self.put(f"{base}/modules.builtin", "kernel/fs/built_in.ko\n")

    def initramfs(
        self, name: str, version: str, agent: bool = True, driver: bool = True, salt: str = "", pack: str = "zstd -q"
    ) -> None:
        """An image by the real cpio and a packer, with agent and modules, behind one that is not packed (as that of
        microcode is)."""
        tree = self.path("initramfs")
        files = [f"lib/modules/{version}/modules.dep", f"etc/salt{salt}"]
        files += ["usr/sbin/pinet"] if agent else []
        files += [f"lib/modules/{version}/kernel/drivers/net/{DRIVER}.ko"] if driver else []
        for file in files:
            os.makedirs(os.path.dirname(os.path.join(tree, file)), exist_ok=True)
            with open(os.path.join(tree, file), "wb") as out:
                out.write(os.urandom(500) if "salt" in file else b"x")
        archive = subprocess.run(
            f"echo etc | cpio --quiet -o -H newc; find . | LC_ALL=C sort | cpio --quiet -o -H newc | {pack}",
            shell=True, cwd=tree, check=True, stdout=subprocess.PIPE,
        ).stdout
        shutil.rmtree(tree)
        self.put(name, archive)

    def nic(self, name: str = "eth0") -> None:
        """Makes the driver of the NIC known, and that it carries the root."""
        device = f"root/sys/class/net/{name}/device/driver"
        os.makedirs(self.path(device))
        os.symlink(f"../../../../module/{DRIVER}", self.path(f"{device}/module"))
        self.put("root/run/pinet/boot", f"result=ok\nnetwork.interface={name}\nfirmware.on=1\n")

    def debian(self, version: str) -> None:
        """A kernel package as Debian's on amd64, and what its hooks make of it."""
        self.put(f"root/boot/vmlinuz-{version}", bzimage(version))
        self.modules(version)
        self.initramfs(f"root/boot/initrd.img-{version}", version)

    def raspi(self, version: str, suffix: str = "8") -> None:
        """A kernel as Raspberry Pi OS's hooks leave it in the boot directory."""
        self.put(f"boot/kernel{suffix}.img", arm64_image(version))
        self.modules(version)
        self.initramfs(f"boot/initramfs{suffix}", version)

    def pi(self) -> None:
        """The rest of a boot directory of a Raspberry Pi."""
        self.put("boot/config.txt", "# mine\narm_64bit=1\nauto_initramfs=1\n[pi4]\ndtoverlay=vc4")
        self.put("boot/cmdline.txt", "console=tty1 root=LABEL=writable pinet.server=10.0.0.1\n")
        self.put("boot/bcm2711-rpi-4-b.dtb", os.urandom(2000))
        self.put("boot/overlays/README", "overlays\n")
        self.put("boot/overlays/vc4.dtbo", os.urandom(1000))
        self.put("boot/start4.elf", os.urandom(1000))
        self.put("boot/fixup4.dat", os.urandom(100))

    def _argv(self, *args: str) -> list[str]:
        program = self.trial if args[0] == "count" else self.pinet
        return [program, *args, "--root", self.root, "--dir", self.boot]

    def run(self, *args: str, prefix: tuple[str, ...] = ()) -> Result:
        """pinet ARGS... --root ROOT --dir BOOT"""
        argv = [*prefix, *self._argv(*args)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *args: str) -> subprocess.Popen:
        """The same in the background."""
        return subprocess.Popen(self._argv(*args), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def sync(self, *args: str, prefix: tuple[str, ...] = ()) -> Result:
        return self.run("sync", *args, prefix=prefix)

    def active(self) -> str:
        """The name of the active generation, "" if there is none."""
        if os.path.exists(self.path("boot/config.txt")):
            lines = [line for line in self.read("boot/config.txt").splitlines() if line.startswith("os_prefix=pinet/")]
            return lines[-1].split("/")[1] if lines else ""
        link = self.path("boot/pinet/active")
        return os.readlink(link) if os.path.islink(link) else ""

    def generations(self) -> list[str]:
        names = os.listdir(self.path("boot/pinet")) if os.path.isdir(self.path("boot/pinet")) else []
        return sorted(name for name in names if name.startswith("g"))

    def inode(self, generation: str, name: str) -> int:
        return os.lstat(self.path(f"boot/pinet/{generation}/{name}")).st_ino

    def state(self) -> dict[str, str]:
        """/var/lib/pinet/sync"""
        if not os.path.exists(self.path("root/var/lib/pinet/sync")):
            return {}
        return dict(line.split("=", 1) for line in self.read("root/var/lib/pinet/sync").splitlines())
