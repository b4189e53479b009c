# SPDX-License-Identifier: GPL-2.0-or-later
"""A boot server as an administrator has one, and a client that pinet-server makes on it.

/etc, /srv and /var/lib are this process's own, in its mount namespace: those of the machine stay as they are."""

import os
import shutil
import stat
import subprocess

from . import image
from .proc import Daemon, RigError, port_open, replace_file, run, wait_until
from .servers import ISCSI_PORT, NETWORK, SERVER, TGT_CONTROL, Dhcp, Nfs, Server, Tgt, ganesha_base

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../server")
PROGRAM = os.path.join(SOURCES, "pinet-server")
STATE = "/var/lib/pinet-server"
GANESHA_PID = "/run/ganesha.pid"

# What the servers are told before there is any client.
FILES = {
    "/etc/tgt/targets.conf": "include /etc/tgt/conf.d/*.conf\n",
    "/etc/dnsmasq.conf": f"""port=0
bind-dynamic
listen-address={SERVER}
dhcp-authoritative
no-ping
dhcp-range=192.168.77.100,192.168.77.150,255.255.255.0,1h
log-dhcp
user=root
conf-dir=/etc/dnsmasq.d/,*.conf
""",
    "/etc/ganesha/ganesha.conf": ganesha_base("4", "/var/lib/nfs/ganesha"),
}
DIRECTORIES = ("/etc/tgt/conf.d", "/etc/dnsmasq.d", "/var/lib/misc", "/var/lib/nfs/ganesha", "/srv/tftp", "/run/tgtd")


def own_places(directory: str) -> None:
    """Gives this process an /etc with the files of the servers, and an empty /var/lib; /srv is @directory."""
    for place in ("etc", "var/lib"):
        own = os.path.join(directory, "server", place)
        os.makedirs(os.path.dirname(own), exist_ok=True)
        if place == "etc":
            run("cp", "-a", "/etc", own)
        else:
            os.makedirs(own)
        run("mount", "--bind", own, f"/{place}")
    run("mount", "--bind", directory, "/srv")
    for name in ("tgt", "ganesha", "dnsmasq.d"):
        shutil.rmtree(f"/etc/{name}", ignore_errors=True)
    for path in DIRECTORIES:
        os.makedirs(path, exist_ok=True)
    for path, text in FILES.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace_file(path, text)


def whole_image(client: image.Client, base: str, out: str) -> None:
    """Makes @out the disk of @client with all modules of its kernel: the rig's has those alone that a guest loads."""
    image.copy(client.file("lun.img"), out)
    mounted = out + ".mounted"
    os.makedirs(mounted)
    run("mount", "-o", f"loop,offset={image.ROOT_OFFSET}", out, mounted)
    modules = f"usr/lib/modules/{client.version}"
    shutil.rmtree(os.path.join(mounted, modules))
    run("cp", "-a", os.path.join(base, modules), os.path.join(mounted, modules))
    run("umount", mounted)
    os.rmdir(mounted)


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


class EtcDhcp(Dhcp):
    """dnsmasq on its files in /etc."""

    def __init__(self, directory: str):
        self.log = os.path.join(directory, "dnsmasq.log")
        argv = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/etc/dnsmasq.conf"]
        self.daemon = Daemon(argv + ["--pid-file=/run/dnsmasq.pid"], self.log)


class EtcTgt(Tgt):
    """tgtd on its files in /etc, which its own program reads, as the service has it."""

    def __init__(self, directory: str):
        self.log = os.path.join(directory, "tgtd.log")
        self.daemon = Daemon(["tgtd", "-f", "-C", TGT_CONTROL, "--iscsi", f"portal={SERVER}:{ISCSI_PORT}"], self.log)

    def start(self) -> None:
        self.daemon.start()
        wait_until("tgtd", lambda: port_open(SERVER, ISCSI_PORT))
        run("tgt-admin", "-C", TGT_CONTROL, "-e", "-c", "/etc/tgt/targets.conf")

    def all(self) -> str:
        """Everything it has: targets and accounts."""
        show = ["tgtadm", "-C", TGT_CONTROL, "--lld", "iscsi", "--op", "show", "--mode"]
        return run(*show, "target") + run(*show, "account")


class EtcNfs(Nfs):
    """NFS-Ganesha on its files in /etc, with NFSv4 alone."""

    def __init__(self, directory: str):
        self.log = os.path.join(directory, "ganesha.log")
        argv = ["ganesha.nfsd", "-F", "-f", "/etc/ganesha/ganesha.conf", "-L", self.log, "-p", GANESHA_PID, "-N", "NIV_EVENT"]
        self.ganesha = Daemon(argv, os.path.join(directory, "ganesha.out"))

    def start(self) -> None:
        if not os.path.lexists("/etc/mtab"):
            os.symlink("../proc/self/mounts", "/etc/mtab")
        self.ganesha.start()
        wait_until("ganesha.nfsd", lambda: port_open(SERVER, 2049) or not self.ganesha.running(), 20)
        if not self.ganesha.running():
            raise RigError(f"ganesha.nfsd ended at its start, see {self.log}")

    def close(self) -> None:
        self.stop()


class Watch(Server):
    """pinet-server watch, which writes the page that a browser shows."""

    name = "watch"

    def __init__(self, directory: str):
        self.log = os.path.join(directory, "watch.log")
        self.page = os.path.join(directory, "watch.html")
        self.daemon = Daemon([PROGRAM, "watch", "--listen", SERVER, "--html", self.page], self.log)

    def text(self) -> str:
        """The page."""
        with open(self.page, encoding="utf-8") as file:
            return file.read()

    def start(self) -> None:
        self.daemon.start()
        wait_until("pinet-server watch", lambda: os.path.exists(self.page))

    def stop(self) -> None:
        self.daemon.stop()

    def logs(self) -> list[str]:
        return [self.log]


class Provision:
    """The life of one client on such a server: init, add, check, list, remove."""

    def __init__(self, directory: str, mac: str, prefix: str):
        self.directory, self.mac = directory, mac
        self.log = os.path.join(directory, "pinet-server.log")
        self.wrong: list[str] = []
        os.environ["PINET_SERVER_LIB"] = SOURCES
        own_places(directory)
        self.at_first = everything("/etc")
        self.call(
            *["init", "--server", SERVER, "--network", NETWORK],
            *["--set", "target=tgt", "--set", "tftp=dnsmasq", "--set", "dhcp=dnsmasq", "--set", "nfs=ganesha"],
            *["--set", f"control.tgt={TGT_CONTROL}", "--set", f"target.prefix={prefix}", "--set", f"log={SERVER}"],
            *["--set", f"service.ganesha=pid:{GANESHA_PID}", "--set", "service.dnsmasq=pid:/run/dnsmasq.pid"],
        )
        self.before = everything("/etc")
        self.servers = [EtcDhcp(directory), EtcTgt(directory), EtcNfs(directory), Watch(directory)]

    def call(self, *argv: str) -> str:
        """Runs pinet-server and returns what it says."""
        done = subprocess.run(
            [PROGRAM, *argv],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        with open(self.log, "a", encoding="utf-8") as log:
            log.write(f"$ pinet-server {' '.join(argv)}\n{done.stdout}")
        if done.returncode:
            raise RigError(f"pinet-server {argv[0]}: exit status {done.returncode}\n{done.stdout[-3000:]}")
        return done.stdout

    def add(self, *options: str) -> None:
        """Makes the client. The servers run already, and are told as an administrator would."""
        dhcp, tgt = self.servers[:2]
        self.targets = tgt.all()
        said = self.call("add", self.mac, *options)
        if "dnsmasq has to be started again" in said:
            dhcp.stop()
            dhcp.start()
        else:
            self.wrong.append("add does not say that dnsmasq has to be started again")
        self.call("check")

    def remove(self) -> str:
        """Takes the client away again, and compares. Returns where its boot files are kept."""
        tgt = self.servers[1]
        self.call("list")
        self.call("check")
        # tgtd still has the session of the client, which was switched off with its root mounted
        self.call("remove", self.mac, "--yes", "--force")
        self.wrong += [f"remove leaves {path} other than it was" for path in differences(self.before, everything("/etc"))]
        if tgt.all() != self.targets:
            self.wrong.append(f"remove leaves in tgtd:\n{tgt.all()}")
        self.call("init", "--remove")
        self.wrong += [f"init --remove leaves {path}" for path in differences(self.at_first, everything("/etc"))]
        return os.path.join(STATE, "kept", self.mac)
