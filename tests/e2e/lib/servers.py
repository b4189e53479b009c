# SPDX-License-Identifier: GPL-2.0-or-later
"""The real servers that a diskless client boots from. All live in the namespaces of the process that starts them, where
their files in /etc are: an administrator's own and those of pinet-server (see provision.py). What a scenario changes of
that it does here, when all is set up."""

import os
import re
import signal
from dataclasses import dataclass

from .proc import Daemon, RigError, port_open, replace_file, run, wait_until
from .wire import Wire

SERVER = "192.168.77.1"
GROUP = "192.168.77.3"
ROUTER = "192.168.77.254"
NETWORK = "192.168.77.0/24"
ISCSI_PORT = 3260
MOVED_MAC = "52:54:00:77:03:01"
TGT_CONTROL = "1"  # tells one tgtd from another
PID = "/run/%s.pid"


class Network:
    """A bridge per network: "lan" has the servers on it, any other has nobody."""

    def __init__(self) -> None:
        self.bridges: dict[str, str] = {}
        self.taps = 0
        self.wires: list[Wire] = []
        run("ip", "link", "set", "lo", "up")
        self._bridge("lan")
        run("ip", "address", "add", f"{SERVER}/24", "dev", self.bridges["lan"])

    def _bridge(self, network: str) -> str:
        if network not in self.bridges:
            name = f"br{len(self.bridges)}"
            mac = f"52:54:00:77:02:{len(self.bridges):02x}"  # not one of its taps', and no longer its own when it moves
            run("ip", "link", "add", name, "address", mac, "type", "bridge", "forward_delay", "0", "stp_state", "0")
            run("ip", "link", "set", name, "up")
            self.bridges[network] = name
        return self.bridges[network]

    def close(self) -> None:
        """Takes all of it down again."""
        for wire in self.wires:
            wire.close()
            print(f"[rig] the bad cable has carried {wire.carried} frames and lost {wire.lost}", flush=True)
        for name in [f"tap{index}" for index in range(self.taps)] + list(self.bridges.values()):
            run("ip", "link", "delete", name)

    def tap(self, network: str, loss_percent: int = 0) -> str:
        """Makes a tap device on @network, where frames get lost if so wanted, and returns its name."""
        name = f"tap{self.taps}"
        self.taps += 1
        run("ip", "tuntap", "add", name, "mode", "tap")
        if not loss_percent:
            run("ip", "link", "set", name, "master", self._bridge(network), "up")
            return name
        run("ip", "link", "set", name, "up")
        wire = Wire(name, f"wire{self.taps}", loss_percent)
        run("ip", "link", "set", f"wire{self.taps}", "master", self._bridge(network), "up")
        wire.start()
        self.wires.append(wire)
        return name

    def move_server(self) -> None:
        """Gives the server's address to another adapter."""
        run("ip", "link", "set", self.bridges["lan"], "address", MOVED_MAC)


class Server:
    """What the rig does with each server. @name is how a scenario calls it."""

    name = ""

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Stops it for good."""
        self.stop()

    def logs(self) -> list[str]:
        """The log files to show when a test fails."""
        raise NotImplementedError


class Etc(Server):
    """A server on its files in /etc. @name is how a scenario calls it, @argv its command."""

    def __init__(self, directory: str, name: str, argv: list[str]):
        self.name, self.log = name, os.path.join(directory, f"{argv[0]}.log")
        self.daemon = Daemon(argv, self.log)

    def start(self) -> None:
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.stop()

    def logs(self) -> list[str]:
        return [self.log]


class Dnsmasq(Etc):
    """dnsmasq: DHCP, TFTP or both."""

    def __init__(self, directory: str):
        self.offered, self.leases = (os.path.join(directory, f"dnsmasq.{name}") for name in ("options", "leases"))
        replace_file(self.offered, "")
        argv = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--pid-file=" + PID % "dnsmasq"]
        argv += ["--conf-file=/etc/dnsmasq.conf", "--conf-dir=/etc/dnsmasq.d,*.conf"]
        super().__init__(directory, "dnsmasq", [*argv, f"--dhcp-optsfile={self.offered}", f"--dhcp-leasefile={self.leases}"])

    def offer(self, option: str) -> None:
        """From now on @option is given, in place of one with the same number."""
        replace_file(self.offered, option + "\n")
        self.daemon.process.send_signal(signal.SIGHUP)


class Router(Server):
    """dnsmasq in a network namespace of its own, at the same network: it gives the addresses, and is not the boot
    server."""

    name = "router"

    def __init__(self, directory: str, bridge: str, lines: list[str]):
        self.bridge, self.log = bridge, os.path.join(directory, "router.log")
        config = os.path.join(directory, "router.conf")
        base = [
            "port=0",
            "interface=eth0",
            "no-ping",
            "dhcp-authoritative",
            "dhcp-range=192.168.77.100,192.168.77.150,255.255.255.0,1h",
            f"dhcp-leasefile={directory}/router.leases",
            "log-dhcp",
            "user=root",
        ]
        with open(config, "w", encoding="utf-8") as file:
            file.write("\n".join(base + lines) + "\n")
        argv = ["ip", "netns", "exec", "router", "dnsmasq", "--keep-in-foreground", "--log-facility=-", f"--conf-file={config}"]
        self.daemon = Daemon(argv, self.log)

    def start(self) -> None:
        run("ip", "netns", "add", "router")
        run("ip", "link", "add", "router", "type", "veth", "peer", "name", "eth0", "netns", "router")
        run("ip", "link", "set", "router", "master", self.bridge, "up")
        run("ip", "-n", "router", "address", "add", f"{ROUTER}/24", "dev", "eth0")
        run("ip", "-n", "router", "link", "set", "eth0", "up")
        self.daemon.start()

    def stop(self) -> None:
        if self.daemon.running():
            self.daemon.stop()
            run("ip", "netns", "delete", "router")

    def logs(self) -> list[str]:
        return [self.log]


@dataclass(frozen=True)
class TgtChanges:
    """What a scenario wants of the target other than pinet-server has made it."""

    target: str  # its name
    initiator: str = ""  # the only one it accepts
    chap: tuple[str, str] | None = None  # of the initiator, name and secret
    chap_back: tuple[str, str] | None = None  # of the target, for mutual CHAP
    chap_discovery: tuple[str, str] | None = None  # for discovery alone
    others: int = 0  # targets beside it
    late: bool = False  # it has no disk yet

    def text(self, text: str) -> str:
        """@text of its file, changed."""
        text = re.sub("^<target .*", f"<target {self.target}>", text, flags=re.M)
        if self.initiator:
            text = re.sub("^\tinitiator-name .*", f"\tinitiator-name {self.initiator}", text, flags=re.M)
        for word, pair in (("incominguser", self.chap), ("outgoinguser", self.chap_back)):
            text = text.replace("</target>", f"\t{word} {' '.join(pair)}\n</target>") if pair else text
        return text


class Tgt(Server):
    """tgtd on its files in /etc, which its own program reads, as Debian's service has it."""

    name = "tgt"
    FILE = "/etc/tgt/targets.conf"

    def __init__(self, directory: str):
        self.log = os.path.join(directory, "tgtd.log")
        self.daemon = Daemon(["tgtd", "-f", "-C", TGT_CONTROL, "--iscsi", f"portal={SERVER}:{ISCSI_PORT}"], self.log)
        self.disk = ""  # that the target gets later

    def _admin(self, mode: str, op: str, *rest: str) -> None:
        run("tgtadm", "-C", TGT_CONTROL, "--lld", "iscsi", "--mode", mode, "--op", op, *rest)

    def _state(self, state: str) -> None:
        run("tgtadm", "-C", TGT_CONTROL, "--mode", "sys", "--op", "update", "--name", "State", "-v", state)

    def start(self) -> None:
        # tgtd puts its control socket there and does not make the directory itself.
        os.makedirs("/run/tgtd", exist_ok=True)
        self.daemon.start()
        wait_until("tgtd", lambda: port_open(SERVER, ISCSI_PORT))
        self._state("offline")
        run("tgt-admin", "-C", TGT_CONTROL, "-e", "-c", self.FILE)
        if self.disk:
            self._admin("logicalunit", "delete", "--tid", "1", "--lun", "1")
        self._state("ready")

    def change(self, client: str, disk: str, changes: TgtChanges) -> None:
        """Changes the target of @client, whose LUN is @disk, and starts again."""
        self.stop()
        path = f"/etc/tgt/conf.d/pinet-{client}.conf"
        with open(path, encoding="ascii") as file:
            text = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(changes.text(text))
        with open(self.FILE, "a", encoding="ascii") as file:
            if changes.chap_discovery:
                file.write(f"incomingdiscoveryuser {' '.join(changes.chap_discovery)}\n")
            for number in range(changes.others):
                name = f"{changes.target.rpartition(':')[0]}:other-{number}"
                file.write(f"<target {name}>\n\tinitiator-address ALL\n</target>\n")
        self.disk = disk if changes.late else ""
        self.start()

    def map_disk(self) -> None:
        """Gives the target its disk."""
        self._admin("logicalunit", "new", "--tid", "1", "--lun", "1", "-b", self.disk)
        self.disk = ""

    def stop(self) -> None:
        self.daemon.stop()

    def logs(self) -> list[str]:
        return [self.log]


class Group(Server):
    """A tgtd that stands at an address of its own, and sends whoever wants @target to the one that has it."""

    name = "group"
    CONTROL = "2"

    def __init__(self, directory: str, target: str, bridge: str):
        self.target, self.bridge = target, bridge
        self.log = os.path.join(directory, "groupd.log")
        self.daemon = Daemon(["tgtd", "-f", "-C", self.CONTROL, "--iscsi", f"portal={GROUP}:{ISCSI_PORT}"], self.log)

    def _admin(self, op: str, *rest: str) -> None:
        run("tgtadm", "-C", self.CONTROL, "--lld", "iscsi", "--mode", "target", "--op", op, "--tid", "1", *rest)

    def start(self) -> None:
        run("ip", "address", "add", f"{GROUP}/24", "dev", self.bridge)
        self.daemon.start()
        wait_until("tgtd", lambda: port_open(GROUP, ISCSI_PORT))
        self._admin("new", "-T", self.target)
        self._admin("bind", "-I", "ALL")
        for key, value in (("Address", SERVER), ("Port", str(ISCSI_PORT)), ("Reason", "Temporary")):
            self._admin("update", "--name", f"Redirect{key}", "--value", value)

    def stop(self) -> None:
        self.daemon.stop()

    def logs(self) -> list[str]:
        return [self.log]


def ganesha_base(protocols: str, recovery: str, exports: dict[str, str]) -> str:
    """A configuration of NFS-Ganesha with @exports, each a path for clients and a directory."""
    blocks = (
        f"""EXPORT {{
    Export_Id = {number};
    Path = {path};
    Pseudo = {pseudo};
    Access_Type = RW;
    Squash = No_Root_Squash;
    SecType = sys;
    Transports = TCP;
    FSAL {{ Name = VFS; }}
}}
"""
        for number, (pseudo, path) in enumerate(exports.items(), start=1)
    )
    return f"""NFS_CORE_PARAM {{
    Protocols = {protocols};
    Bind_addr = {SERVER};
    Mount_Path_Pseudo = true;
    Enable_NLM = false;
    Enable_RQUOTA = false;
}}
NFSv4 {{
    Graceless = true;
    Only_Numeric_Owners = true; # a client that boots has nobody yet who knows names
    RecoveryRoot = {recovery};
}}
""" + "".join(blocks)


class Nfs(Server):
    """NFS-Ganesha on its files in /etc."""

    name = "nfs"

    def __init__(self, directory: str):
        self.log = os.path.join(directory, "ganesha.log")
        argv = ["ganesha.nfsd", "-F", "-f", "/etc/ganesha/ganesha.conf", "-L", self.log, "-p", PID % "ganesha", "-N", "NIV_EVENT"]
        self.rpcbind = Daemon(["rpcbind", "-f", "-w"], os.path.join(directory, "rpcbind.log"))
        self.ganesha = Daemon(argv, os.path.join(directory, "ganesha.out"))

    def change(self, exported: str, instead: str) -> None:
        """Exports the directory @instead in place of @exported, and starts again."""
        self.stop()
        os.makedirs(instead, exist_ok=True)
        path = "/etc/ganesha/pinet-server.conf"
        with open(path, encoding="utf-8") as file:
            text = file.read()
        replace_file(path, text.replace(f" = {exported};", f" = {instead};"))
        self.start()

    def start(self) -> None:
        # A minimal installation lacks what systemd makes, and Ganesha looks for its file systems there.
        if not os.path.lexists("/etc/mtab"):
            os.symlink("../proc/self/mounts", "/etc/mtab")
        if not self.rpcbind.running():
            os.makedirs("/run/rpcbind", exist_ok=True)
            self.rpcbind.start()
            wait_until("rpcbind", lambda: port_open("127.0.0.1", 111))
        self.ganesha.start()
        wait_until("ganesha.nfsd", lambda: port_open(SERVER, 2049) or not self.ganesha.running(), 20)
        if not self.ganesha.running():
            raise RigError(f"ganesha.nfsd ended at its start, see {self.log}")

    def stop(self) -> None:
        self.ganesha.stop()

    def close(self) -> None:
        self.stop()
        self.rpcbind.stop()

    def logs(self) -> list[str]:
        return [self.log, self.ganesha.log]
