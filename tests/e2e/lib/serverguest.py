# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot server that is a guest, with a kernel that has LIO, an NFS server, thin volumes and ZFS, and services that
systemd runs. pinet-server makes a client on it."""

import os
import shlex
import shutil

from . import image
from .guest import Guest
from .machine import Machine
from .proc import RigError, replace_file, run
from .provision import SOURCES, STATE, Own, Provision, files
from .servers import NETWORK, Server

ADDRESS, MAC = "192.168.77.2", "52:54:00:77:01:00"
PACKAGES = (
    *("targetcli-fb", "dbus", "tgt", "dnsmasq", "tftpd-hpa", "nfs-kernel-server", "isc-dhcp-server", "lvm2", "thin-provisioning-tools"),
    *("cpio", "fdisk", "mtools", "procps", "openssh-client", "perl"),
)
# What each setting has to have running, as an administrator who has installed it has.
UNITS = {
    **{"tgt": "tgt", "lio": "rtslib-fb-targetctl", "dnsmasq": "dnsmasq", "hpa": "tftpd-hpa"},
    **{"isc": "isc-dhcp-server", "kernel": "nfs-server"},
}
POOL_BYTES = 5 << 30
# What makes the pool of a storage out of the disk for it, and what lists all that is in there.
POOLS = {
    "lvm": (
        "modprobe dm_thin_pool; pvcreate -q $disk && vgcreate -q vg0 $disk &&"
        " lvcreate -q --type thin-pool --name thin --size 4G --poolmetadatasize 16M vg0",
        "lvs --noheadings -o lv_name vg0",
    ),
    "zfs": (
        # by itself its cache would take half the memory
        "modprobe zfs && echo 134217728 >/sys/module/zfs/parameters/zfs_arc_max && zpool create tank $disk && zfs create tank/luns",
        "zfs list -H -r -t all -o name tank",
    ),
}
# The last block before the first partition of a LUN, which nobody uses.
GAP = 4096
WRITE_GAP = f"bs={GAP} seek={(image.BOOT_OFFSET // GAP) - 1} conv=fsync status=none"
READ_GAP = f"bs={GAP} skip={(image.BOOT_OFFSET // GAP) - 1} count=1 iflag=direct status=none"
# All that can be told of /etc and /root: names, kinds, modes, owners and contents; and what the targets serve. The history
# that targetcli keeps of what it has saved, and what LVM notes of its volumes, are not pinet-server's.
_KEPT = r"\( -path /etc/lvm -o -path '*/rtslib-fb-target/backup' \) -prune -o"
LOOK = (
    f"{{ find /etc /root {_KEPT} ! -path /etc/rtslib-fb-target -printf '%p %y %m %U %G %l\\n' | sort;"
    f" find /etc /root {_KEPT} -type f -print0 | sort -z | xargs -0 sha256sum;"
    " find /sys/kernel/config/target/iscsi /sys/kernel/config/target/core -maxdepth 2 2>/dev/null | sort;"
    " [ ! -S /run/tgtd/socket.0 ] || for mode in target account; do tgtadm --op show --mode $mode; done; }"
)


def needed(settings: dict[str, str]) -> bool:
    """Whether the servers need such a guest."""
    return bool({"lio", "kernel", *POOLS} & set(settings.values()))


def disk(settings: dict[str, str]) -> str:
    """The directory with what the guest starts from; making it needs the mirror. Nobody but who has ZFS waits for its modules."""
    if settings.get("storage") == "zfs":
        return image.server("bookworm", (*PACKAGES, "zfsutils-linux"), "zfs-dkms")
    return image.server("bookworm", PACKAGES)


class ServerGuest(Server):
    """The guest with its disks: its own, which forgets, /srv with @setup, and one for a pool of volumes."""

    name = "server"

    def __init__(self, directory: str, tap: str, setup: str, made: str):
        """@made is what disk() returns."""
        self.log, self.srv, pool = (os.path.join(directory, name) for name in ("server.log", "srv.img", "pool.img"))
        run("truncate", "--size=8G", self.srv)
        run("mkfs.ext4", "-q", "-F", "-L", "srv", "-d", setup, "-E", "root_owner=0:0,lazy_itable_init=1", self.srv)
        run("truncate", f"--size={POOL_BYTES}", pool)
        self.machine = Machine("amd64", [(tap, "virtio-net-pci", MAC)], [f"{made}/disk.img,snapshot=on", self.srv, pool])
        self.machine.kernel, self.machine.initrd = f"{made}/vmlinux", f"{made}/initrd.img"
        self.machine.cmdline = "console=ttyS0 root=LABEL=server rw net.ifnames=0 quiet systemd.show_status=false tsc=reliable"
        self.guest: Guest | None = None
        self.lines = 0

    def start(self) -> None:
        if self.guest:
            return
        self.guest = Guest(self.machine, self.log).__enter__()
        self.guest.power_on()
        if not self.guest.follow(300, "^@@ 0 0$"):
            raise RigError(f"the server guest has not come up: {self.log}")

    def shell(self, line: str) -> tuple[int, str]:
        """Runs a line there; its exit status, and what it said."""
        self.lines += 1
        start = len(self.guest.console)
        self.guest.type(line + "\n")
        if not self.guest.follow(self.guest.elapsed() + 900, rf"^@@ {self.lines} \d+$"):
            raise RigError(f"the server guest is not done with: {line}")
        said, _, status = self.guest.console[start:].rpartition(f"\n@@ {self.lines} ")
        return int(status.split()[0]), said.lstrip("\n")

    def must(self, line: str) -> str:
        """The same for what has to succeed."""
        status, said = self.shell(line)
        if status:
            raise RigError(f"the server guest: {line}: exit status {status}\n{said[-3000:]}")
        return said

    def stop(self) -> None:
        if self.guest:
            self.guest.__exit__()
            self.guest = None

    def logs(self) -> list[str]:
        return [self.log]


class There(Provision):
    """pinet-server in that guest."""

    address = ADDRESS
    control = ()

    def __init__(self, directory: str, client: str, prefix: str, settings: dict[str, str], tap: str, own: Own):
        super().__init__(directory, client, prefix, settings)
        self.tap = tap
        self.setup = os.path.join(directory, "setup")
        shutil.copytree(SOURCES, f"{self.setup}/server")
        for path, text in files(self.settings, ADDRESS, "eth0", own).items():
            os.makedirs(os.path.dirname(self.setup + path), exist_ok=True)
            replace_file(self.setup + path, text)

    def bring(self, path: str) -> str:
        own = path.startswith(self.directory)
        place = shutil.move(path, self.setup) if own else shutil.copy(path, self.setup)
        return f"/srv/setup/{os.path.basename(place)}"

    def init(self) -> None:
        top = os.path.join(self.directory, "srv")
        os.makedirs(top)
        shutil.move(self.setup, top)
        self.guest = ServerGuest(self.directory, self.tap, top, disk(self.settings))
        shutil.rmtree(top)
        self.servers = [self.guest]
        self.guest.start()
        self.guest.must(f"ip link set eth0 up; ip address add {ADDRESS}/{NETWORK.partition('/')[2]} dev eth0")
        self.guest.must(f"mkdir -p /srv/state /srv/tftp {STATE}; mount --bind /srv/state {STATE}; cp -r /srv/setup/etc/. /etc")
        if self.settings.get("storage") in POOLS:
            find = f"lsblk --noheadings --nodeps --bytes -o NAME,SIZE | sed -n 's/ *{POOL_BYTES}$//p'"
            self.guest.must(f"disk=/dev/$({find}); {POOLS[self.settings['storage']][0]}")
        if self.settings["target"] == "lio":
            self.guest.must("targetcli saveconfig")
        units = {UNITS[value] for value in self.settings.values() if value in UNITS}
        self.guest.must("systemctl start " + " ".join(sorted(units)))
        super().init()

    def run(self, *argv: str) -> tuple[int, str]:
        return self.guest.shell("PINET_SERVER_LIB=/srv/setup/server " + shlex.join(["/srv/setup/server/pinet-server", *argv]))

    def keep(self, moment: str) -> None:
        self.guest.must(f"{LOOK} >/run/{shlex.quote(moment)}")

    def changed(self, moment: str) -> list[str]:
        return self.guest.must(f"{LOOK} | diff /run/{shlex.quote(moment)} - || :").splitlines()

    def _in_gap(self, client: str, word: str = "") -> str:
        """Writes @word into the LUN of @client if there is one, and returns what it has."""
        lun = f"$(sed -n 's/^lun=//p' {STATE}/clients/{client})"
        if word:
            self.guest.must(f"printf %s {word} | dd of={lun} {WRITE_GAP}")
        return self.guest.must(f"dd if={lun} {READ_GAP} | tr -d '\\0'").strip()

    def _copies(self) -> None:
        """What only storage can do that copies: a snapshot, another client, a larger LUN, and the way back."""
        more = ("--mac", "52:54:00:77:00:77", "--address", "192.168.77.177")
        volumes = POOLS[self.settings["storage"]][1]
        before = self.guest.must(volumes)
        self._in_gap(self.client, "first")
        self.call("snapshot", self.client, "one", "--force")
        self._in_gap(self.client, "second")
        self.call("clone", self.client, "copy", *more, "--force")
        self.call("check")
        self.call("set", "copy", "--size", "3G")
        self.call("set", "copy", "--name", "other")
        self.call("rollback", self.client, "one", "--yes", "--force")
        self.call("snapshot", self.client, "one", "--delete")
        found = self._in_gap(self.client), self._in_gap("other")
        if found != ("first", "second"):
            self.wrong.append(f"the client taken back and its copy have {found}")
        self.call("remove", "other", "--yes", "--delete-lun")
        after = self.guest.must(volumes)
        if after != before:
            self.wrong.append(f"copies that are gone leave\n{after}in place of\n{before}")

    def remove(self) -> str:
        self._copies()
        kept = super().remove().removeprefix(STATE)
        self.guest.must("fsfreeze --freeze /srv")
        out = os.path.join(self.directory, "kept")
        os.makedirs(out)
        run("debugfs", "-R", f"rdump /state{kept} {out}", self.guest.srv)
        return out + "/" + os.path.basename(kept)
