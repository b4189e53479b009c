# SPDX-License-Identifier: GPL-2.0-or-later
"""The real servers a diskless client boots from: dnsmasq, tgt, NFS-Ganesha. All live in the network namespace of
the process that starts them, and keep their state in the directory of the run."""

import os
import signal

from .proc import Daemon, RigError, port_open, replace_file, run, wait_until
from .wire import Wire

SERVER = "192.168.77.1"
GROUP = "192.168.77.3"
ROUTER = "192.168.77.254"
NETWORK = "192.168.77.0/24"
ISCSI_PORT = 3260
MOVED_MAC = "52:54:00:77:03:01"
TGT_CONTROL = "1"


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


class Dhcp(Server):
    """dnsmasq: DHCP and TFTP."""

    name = "dhcp"

    def __init__(self, directory: str, tftp: str, lines: list[str], proxy: bool = False):
        self.config = os.path.join(directory, "dnsmasq.conf")
        self.log = os.path.join(directory, "dnsmasq.log")
        self.offered = os.path.join(directory, "dnsmasq.options")
        replace_file(self.offered, "")
        base = [
            "port=0",
            "bind-dynamic",
            f"listen-address={SERVER}",
            "dhcp-authoritative",
            "no-ping",
            "dhcp-range=192.168.77.0,proxy" if proxy else "dhcp-range=192.168.77.100,192.168.77.150,255.255.255.0,1h",
            f"dhcp-leasefile={directory}/dnsmasq.leases",
            f"dhcp-optsfile={self.offered}",
            "log-dhcp",
            "enable-tftp",
            f"tftp-root={tftp}",
            "user=root",
        ]
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(base + lines) + "\n")
        self.daemon = Daemon(["dnsmasq", "--keep-in-foreground", "--log-facility=-", f"--conf-file={self.config}"], self.log)

    def start(self) -> None:
        self.daemon.start()

    def stop(self) -> None:
        self.daemon.stop()

    def offer(self, option: str) -> None:
        """From now on @option is given, in place of one with the same number."""
        replace_file(self.offered, option + "\n")
        self.daemon.process.send_signal(signal.SIGHUP)

    def logs(self) -> list[str]:
        return [self.log]


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


class Tgt(Server):
    """tgtd with one target. Its LUN 0 is a controller, as always with tgt: the disk is LUN 1, unless it comes @late."""

    name = "tgt"
    address = SERVER
    control = TGT_CONTROL  # tells one tgtd from another
    late = False

    def __init__(self, directory: str, target: str, disk: str, initiator: str, **extra):
        """@extra: what the scenario says of chap, chap_back, chap_discovery and others."""
        self.target, self.disk, self.initiator, self.extra = target, disk, initiator, extra
        self.log = os.path.join(directory, f"{self.name}d.log")
        self.daemon = Daemon(
            ["tgtd", "-f", "-C", self.control, "--iscsi", f"portal={self.address}:{ISCSI_PORT}"], self.log
        )

    def map_disk(self) -> None:
        """Gives the target its disk."""
        self._admin("logicalunit", "new", "--tid", "1", "--lun", "1", "-b", self.disk)

    def _admin(self, mode: str, op: str, *rest: str) -> None:
        run("tgtadm", "-C", self.control, "--lld", "iscsi", "--mode", mode, "--op", op, *rest)

    def _account(self, name: str, *where: str) -> None:
        """Binds the account that the scenario has as @name, if any."""
        if self.extra.get(name):
            user, secret = self.extra[name]
            self._admin("account", "new", "--user", user, "--password", secret)
            self._admin("account", "bind", *where, "--user", user)

    def start(self) -> None:
        # tgtd puts its control socket there and does not make the directory itself.
        os.makedirs("/run/tgtd", exist_ok=True)
        self.daemon.start()
        wait_until("tgtd", lambda: port_open(self.address, ISCSI_PORT))
        self._admin("target", "new", "--tid", "1", "-T", self.target)
        if not self.late:
            self.map_disk()
        for tid in range(2, 2 + self.extra.get("others", 0)):
            self._admin("target", "new", "--tid", str(tid), "-T", f"{self.target.rpartition(':')[0]}:other-{tid}")
            self._admin("target", "bind", "--tid", str(tid), "-I", "ALL")
        self._account("chap", "--tid", "1")
        self._account("chap_back", "--tid", "1", "--outgoing")
        self._account("chap_discovery")
        if self.initiator == "ALL":
            self._admin("target", "bind", "--tid", "1", "-I", "ALL")
        else:
            self._admin("target", "bind", "--tid", "1", "-Q", self.initiator)

    def stop(self) -> None:
        self.daemon.stop()

    def logs(self) -> list[str]:
        return [self.log]


class Group(Tgt):
    """A tgtd that stands at an address of its own, and sends whoever wants the target to the one that has it."""

    name = "group"
    address = GROUP
    control = "2"
    late = True

    def __init__(self, directory: str, target: str, bridge: str):
        super().__init__(directory, target, "", "ALL")
        self.bridge = bridge

    def start(self) -> None:
        run("ip", "address", "add", f"{GROUP}/24", "dev", self.bridge)
        super().start()
        for key, value in (("Address", SERVER), ("Port", str(ISCSI_PORT)), ("Reason", "Temporary")):
            self._admin("target", "update", "--tid", "1", "--name", f"Redirect{key}", "--value", value)


def ganesha_base(protocols: str, recovery: str) -> str:
    """What a configuration of NFS-Ganesha has in front of its exports."""
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
"""


class Nfs(Server):
    """NFS-Ganesha with @exports, each a path for clients and a directory, to NFSv3 (with rpcbind) and NFSv4 clients."""

    name = "nfs"

    def __init__(self, directory: str, exports: dict[str, str], versions: tuple[int, ...]):
        self.log = os.path.join(directory, "ganesha.log")
        config = os.path.join(directory, "ganesha.conf")
        protocols = ", ".join(str(version) for version in versions)
        with open(config, "w", encoding="utf-8") as file:
            file.write(ganesha_base(protocols, f"{directory}/ganesha"))
            for number, (pseudo, path) in enumerate(exports.items(), start=1):
                file.write(
                    f"""EXPORT {{
    Export_Id = {number};
    Path = {path};
    Pseudo = {pseudo};
    Access_Type = RW;
    Squash = No_Root_Squash;
    SecType = sys;
    Protocols = {protocols};
    Transports = TCP;
    FSAL {{ Name = VFS; }}
}}
"""
                )
        os.makedirs(os.path.join(directory, "ganesha"), exist_ok=True)
        self.rpcbind = Daemon(["rpcbind", "-f", "-w"], os.path.join(directory, "rpcbind.log"))
        self.ganesha = Daemon(
            ["ganesha.nfsd", "-F", "-f", config, "-L", self.log, "-p", f"{directory}/ganesha.pid", "-N", "NIV_EVENT"],
            os.path.join(directory, "ganesha.out"),
        )

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
