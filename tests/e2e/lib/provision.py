# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot server as an administrator has one, and a client that pinet-server makes on it.

/etc, /srv and /var/lib are this process's own, in its mount namespace: those of the machine stay as they are."""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass, field

from . import image
from .proc import RigError, replace_file, run, wait_until
from .servers import NETWORK, PID, SERVER, TGT_CONTROL, Dnsmasq, Etc, Nfs, Server, Tgt, ganesha_base

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../server")
PROGRAM = os.path.join(SOURCES, "pinet-server")
STATE = "/var/lib/pinet-server"
KEA = "/etc/kea/kea-dhcp4.conf"
KEA_INCLUDES = '"reservations": <?include "/etc/kea/pinet-server.json"?>'
# What pinet-server has unless a scenario says otherwise.
SETTINGS = {"target": "tgt", "tftp": "dnsmasq", "dhcp": "none", "nfs": "ganesha"}
DHCP_KINDS = ("dnsmasq", "none")
# What stands for Debian's raspi-firmware, which is there for arm64 alone: it copies kernel and initramfs.
COPY_BOOT_FILES = """#!/bin/sh -e
[ -e /boot/firmware/config.txt ] || exit 0
new=$(ls /boot/vmlinuz-* | sort -V | tail -n 1)
cp "$new" /boot/firmware/vmlinuz
[ ! -e "/boot/initrd.img-${new#*vmlinuz-}" ] || cp "/boot/initrd.img-${new#*vmlinuz-}" /boot/firmware/initrd.img
"""
PI_FILES = {"/etc/kernel/postinst.d/zz-firmware": COPY_BOOT_FILES, "/etc/initramfs/post-update.d/zz-firmware": COPY_BOOT_FILES}
PI_FIRMWARE = ("bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat", "bcm2710-rpi-3-b-plus.dtb", "bcm2711-rpi-4-b.dtb")
PI_BOOT = dict.fromkeys(PI_FIRMWARE, "firmware\n") | {
    "config.txt": "kernel=vmlinuz\ninitramfs initrd.img followkernel\n",
    "cmdline.txt": "root=LABEL=writable rootfstype=ext4 rootwait\n",
}


@dataclass(frozen=True)
class Own:
    """What an administrator has in the servers' files of his own."""

    dnsmasq: tuple[str, ...] = ()
    dhcp: bool = True  # dnsmasq gives addresses, when no other server does
    nfs: tuple[int, ...] = (3, 4)
    exports: dict[str, str] = field(default_factory=dict)  # paths for clients, and directories


def files(settings: dict[str, str], address: str, interface: str, own: Own) -> dict[str, str]:
    """The servers' files before there is any client."""
    names = () if any(line.startswith("port=") for line in own.dnsmasq) else ("port=0",)
    base = [*names, "bind-dynamic", f"listen-address={address}", "user=root", *own.dnsmasq]
    if settings["dhcp"] in DHCP_KINDS and own.dhcp:
        base += ["dhcp-authoritative", "no-ping", "dhcp-range=192.168.77.100,192.168.77.150,255.255.255.0,1h", "log-dhcp"]
    kea = f"""{{ "Dhcp4": {{
  "interfaces-config": {{ "interfaces": [ "{interface}" ], "service-sockets-max-retries": 9999, "service-sockets-retry-wait-time": 300 }},
  "lease-database": {{ "type": "memfile", "persist": false }},
  "subnet4": [ {{
    "subnet": "{NETWORK}",
    "pools": [ {{ "pool": "192.168.77.100 - 192.168.77.150" }} ]
  }} ]
}} }}
"""
    return {
        "/etc/tgt/targets.conf": "include /etc/tgt/conf.d/*.conf\n",
        "/etc/dnsmasq.conf": "\n".join(base) + "\n",
        "/etc/ganesha/ganesha.conf": ganesha_base(", ".join(map(str, own.nfs)), "/var/lib/nfs/ganesha", own.exports),
        "/etc/default/tftpd-hpa": 'TFTP_USERNAME="tftp"\nTFTP_DIRECTORY="/srv/tftp"\nTFTP_ADDRESS=":69"\nTFTP_OPTIONS="--secure"\n',
        "/etc/default/isc-dhcp-server": f'INTERFACESv4="{interface}"\n',
        "/etc/dhcp/dhcpd.conf": "authoritative;\nsubnet 192.168.77.0 netmask 255.255.255.0 {\n"
        "\trange 192.168.77.100 192.168.77.150;\n}\n",
        KEA: kea,
    }


DIRECTORIES = (
    *("/etc/tgt/conf.d", "/etc/dnsmasq.d", "/etc/exports.d", "/var/lib/misc", "/var/lib/dhcp", "/var/lib/nfs/ganesha"),
    *("/srv/tftp", "/run/tgtd", "/run/kea"),
)


def own_places(directory: str, contents: dict[str, str]) -> None:
    """Gives this process an /etc with the servers' files, @contents, and an empty /var/lib; /srv is @directory."""
    for place in ("etc", "var/lib"):
        own = os.path.join(directory, "server", place)
        os.makedirs(os.path.dirname(own), exist_ok=True)
        if place == "etc":
            run("cp", "-a", "/etc", own)
        else:
            os.makedirs(own)
        run("mount", "--bind", own, f"/{place}")
    run("mount", "--bind", directory, "/srv")
    for name in ("tgt", "ganesha", "dnsmasq.d", "dhcp", "kea", "exports.d"):
        shutil.rmtree(f"/etc/{name}", ignore_errors=True)
    for path in DIRECTORIES:
        os.makedirs(path, exist_ok=True)
    for path, text in contents.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace_file(path, text)


def whole_image(client: image.Client, base: str, out: str, pi: bool) -> None:
    """Makes @out the disk of @client with all modules of its kernel: the rig's has those alone that a guest loads. With
    @pi its boot partition is one of a Raspberry Pi."""
    image.copy(client.file("lun.img"), out)
    mounted = out + ".mounted"
    os.makedirs(mounted)
    run("mount", "-o", f"loop,offset={image.ROOT_OFFSET}", out, mounted)
    modules = f"usr/lib/modules/{client.version}"
    shutil.rmtree(os.path.join(mounted, modules))
    run("cp", "-a", os.path.join(base, modules), os.path.join(mounted, modules))
    run("umount", mounted)
    os.rmdir(mounted)
    for name, text in PI_BOOT.items() if pi else ():
        replace_file(f"{out}.{name}", text)
        run("mcopy", "-o", "-i", f"{out}@@{image.BOOT_OFFSET}", f"{out}.{name}", f"::{name}")
        os.unlink(f"{out}.{name}")


def everything(top: str) -> dict[str, tuple]:
    """All that can be told of the files below @top: path to kind, mode, owner and content."""
    found = {}
    for directory, names, files in os.walk(top):
        for path in [os.path.join(directory, name) for name in names + files]:
            about = os.lstat(path)
            content = b""
            if stat.S_ISLNK(about.st_mode):
                content = os.readlink(path).encode()
            elif stat.S_ISREG(about.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            found[path] = (about.st_mode, about.st_uid, about.st_gid, content)
    return found


def differences(before: dict, after: dict) -> list[str]:
    """The paths that are not the same in both."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


class Watch(Etc):
    """pinet-server watch, which writes the page that a browser shows."""

    def __init__(self, directory: str):
        self.page = os.path.join(directory, "watch.html")
        super().__init__(directory, "watch", [PROGRAM, "watch", "--listen", SERVER, "--html", self.page])
        self.log = self.daemon.log = os.path.join(directory, "watch.log")

    def text(self) -> str:
        """The page."""
        with open(self.page, encoding="utf-8") as file:
            return file.read()

    def start(self) -> None:
        super().start()
        wait_until("pinet-server watch", lambda: os.path.exists(self.page))


class Provision:
    """The life of one client of pinet-server on some machine at @address: init, add, check, list, remove, and init
    --remove. What was not as it should be is in @wrong."""

    address = SERVER
    control = ("--set", f"control.tgt={TGT_CONTROL}")
    services: tuple[str, ...] = ()

    def __init__(self, directory: str, client: str, prefix: str, settings: dict[str, str]):
        """@prefix is that of the target's name; @settings are over SETTINGS."""
        self.directory, self.client, self.prefix = directory, client, prefix
        self.settings = SETTINGS | settings
        self.log = os.path.join(directory, "pinet-server.log")
        self.wrong: list[str] = []
        self.servers: list[Server] = []

    def bring(self, path: str) -> str:
        """The path there of a file of this machine."""
        return path

    def run(self, *argv: str) -> tuple[int, str]:
        """Runs pinet-server on that machine; its exit status, and what it said."""
        raise NotImplementedError

    def keep(self, moment: str) -> None:
        """Remembers what /etc is, and what the target serves, under the name @moment."""
        raise NotImplementedError

    def changed(self, moment: str) -> list[str]:
        """What is not as it was at that moment."""
        raise NotImplementedError

    def include(self, included: bool) -> None:
        """Has Kea's configuration include pinet-server's file, or no more, as its administrator does."""

    def restart(self, said: str) -> None:
        """Starts the servers again that pinet-server has named."""

    def call(self, *argv: str) -> str:
        """Runs pinet-server, which has to succeed, and returns what it says."""
        status, said = self.run(*argv)
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"$ pinet-server {' '.join(argv)}\n{said}")
        if status:
            raise RigError(f"pinet-server {argv[0]}: exit status {status}\n{said[-3000:]}")
        return said

    def init(self) -> None:
        """Chooses the servers, which need not run yet."""
        self.keep("before init")
        settings = [f"--set={name}={value}" for name, value in self.settings.items()]
        self.call(
            *["init", "--server", self.address, "--network", NETWORK, "--set", f"target.prefix={self.prefix}"],
            *["--set", f"log={SERVER}", *self.control, *settings, *self.services],
        )
        self.include(True)
        self.keep("before add")

    def add(self, *options: str) -> None:
        """Makes the client. The servers run, and are told as an administrator would."""
        self.keep("before add")
        said = self.call("add", self.client, *options)
        self.restart(said)
        self.call("check")

    def remove(self) -> str:
        """Takes the client away again, and compares. Returns where its boot files are kept."""
        self.call("list")
        self.call("show", self.client)
        self.call("check")
        # the target may still have the session of the client, which was switched off with its root mounted
        self.call("remove", self.client, "--yes", "--force")
        self.wrong += [f"remove leaves {one} other than it was" for one in self.changed("before add")]
        self.include(False)
        self.call("init", "--remove")
        self.wrong += [f"init --remove leaves {one}" for one in self.changed("before init")]
        return os.path.join(STATE, "kept", self.client)


class Here(Provision):
    """The same on this machine, in the namespaces of this process."""

    services = (
        *("--set", f"service.ganesha=pid:{PID % 'ganesha'}", "--set", f"service.dnsmasq=pid:{PID % 'dnsmasq'}"),
        *("--set", f"service.isc=pid:{PID % 'dhcpd'}", "--set", "service.kea=pid:/run/kea/kea-dhcp4.kea-dhcp4.pid"),
    )

    def __init__(self, directory: str, client: str, prefix: str, settings: dict[str, str], interface: str, own: Own):
        """@interface is that of the clients' network."""
        super().__init__(directory, client, prefix, settings)
        os.environ["PINET_SERVER_LIB"] = SOURCES
        os.environ["KEA_LOCKFILE_DIR"] = os.environ["KEA_PIDFILE_DIR"] = "/run/kea"
        self.kept: dict[str, tuple[dict, str]] = {}
        own_places(directory, files(self.settings, SERVER, interface, own))
        commands = {
            "isc": ["dhcpd", "-f", "-cf", "/etc/dhcp/dhcpd.conf", "-lf", "/var/lib/dhcp/dhcpd.leases", "-pf", PID % "dhcpd", interface],
            "kea": ["kea-dhcp4", "-c", KEA],
            "hpa": ["in.tftpd", "--foreground", "--listen", "--address", f"{SERVER}:69", "--secure", "/srv/tftp"],
        }
        self.servers = [Tgt(directory), Nfs(directory), Watch(directory)]
        wanted = {self.settings["dhcp"], self.settings["tftp"]}
        self.servers += [Etc(directory, name, argv) for name, argv in commands.items() if name in wanted]
        if own.dnsmasq or any(name.startswith("dnsmasq") for name in wanted):
            self.servers.append(Dnsmasq(directory))
        replace_file("/var/lib/dhcp/dhcpd.leases", "")

    def run(self, *argv: str) -> tuple[int, str]:
        done = subprocess.run(
            [PROGRAM, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return done.returncode, done.stdout

    def include(self, included: bool) -> None:
        if self.settings["dhcp"] != "kea":
            return
        with open(KEA, encoding="utf-8") as file:
            text = file.read()
        pools = '"pools": '
        replace_file(KEA, text.replace(pools, f"{KEA_INCLUDES},\n    {pools}") if included else text.replace(f"{KEA_INCLUDES},\n    ", ""))

    def restart(self, said: str) -> None:
        for server in self.servers:
            if f"{server.name} has to be started again" in said or (server.name == "isc" and "isc-dhcp-server has" in said):
                server.stop()
                server.start()

    def _served(self) -> str:
        """All that tgtd has, if it runs."""
        if not self.servers[0].daemon.running():
            return ""
        show = ["tgtadm", "-C", TGT_CONTROL, "--lld", "iscsi", "--op", "show", "--mode"]
        return run(*show, "target") + run(*show, "account")

    def keep(self, moment: str) -> None:
        self.kept[moment] = everything("/etc"), self._served()

    def changed(self, moment: str) -> list[str]:
        before, served = self.kept[moment]
        found = differences(before, everything("/etc"))
        return found if not served or served == self._served() else [*found, f"tgtd:\n{self._served()}"]
