# SPDX-License-Identifier: GPL-2.0-or-later
"""What a scenario can say, and how one of them is run from its files to a list of broken properties."""

import importlib.util
import os
import re
import shutil
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace

from . import image, lio, serverguest
from .facts import Facts
from .guest import Event, Guest, run_interactive
from .machine import Machine, board, mac_address
from .proc import RigError, replace_file, run
from .provision import PI_FILES, Here, whole_image
from .servers import GROUP, SERVER, Dhcp, Group, Network, Nfs, Router, Server, Tgt

E2E = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PIBOOT = os.path.join(E2E, "../sim/piboot")
SUITES = ("bookworm", "trixie")
SHELL_PROMPT = r"^\(initramfs\) "
# How Debian's own scripts are told what to boot from.
STOCK_WORDS = "ip=dhcp iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}"
# Of a Raspberry Pi, as it asks for its boot files.
SERIAL = "e9004c01"
# The last part of the address that DHCP gives the first adapter.
FIRST_ADDRESS = 107
# How a run can end, and QEMU's word for it. "shell" and "hangs" are decided on the console.
REASONS = {"boots": "guest-shutdown", "powers-off": "guest-shutdown", "reboots": "guest-reset"}


# What a scenario with mutual CHAP says of it.
MUTUAL_CHAP = {
    "installed": {
        "/etc/pinet/chap.conf": (
            "username = pi\npassword = correct-horse\nusername_in = nas\npassword_in = target-side-secret\n"
        ),
    },
    "chap": ("pi", "correct-horse"),
    "chap_back": ("nas", "target-side-secret"),
}


@dataclass(frozen=True)
class Nic:
    """A network adapter. @network "lan" has the servers; the name of any other network is a cable to nobody."""

    network: str = "lan"
    model: str = "virtio-net-pci"
    link: bool = True
    loss_percent: int = 0  # of the frames on its cable; for a model that leaves no checksums to the host


@dataclass(frozen=True)
class Scenario:
    """One deployment or one fault. Texts may use {server}, {mac}, {prefix}, {target}, {initiator} and {client}."""

    title: str
    cmdline: str = ""
    suites: tuple[str, ...] = SUITES
    # The suites with which "make test" runs it: a representative few of all scenarios have some.
    quick: tuple[str, ...] = ()

    # The client.
    stock: bool = False  # Debian's own scripts, without pinet
    root: str = "root=LABEL=writable rootfstype=ext4 rootwait"
    ipxe: bool = False  # from power-on by iPXE, DHCP and TFTP instead of a kernel given to QEMU
    san: bool = False  # from power-on by iPXE, which boots the LUN itself: it has a GPT and GRUB
    pi: str = ""  # a model: what its simulated bootloader (tests/sim) loads by TFTP is given to QEMU
    nics: tuple[Nic, ...] = (Nic(),)
    cpus: int = 0  # the board's
    local_disk: bool = False  # a local disk with the same labels as the LUN
    packages: tuple[str, ...] = ()  # of Debian, installed before pinet
    journal: bool = False  # the root has one, as Debian's installer makes it
    wrapped: bool = False  # the LUN is LVM on LUKS: /dev/mapper/vg0-root
    installed: dict[str, str] = field(default_factory=dict)  # files in place before the initramfs is made
    initramfs: dict[str, str] = field(default_factory=dict)  # files laid over the finished initramfs
    package: str = ""  # what its own repository offers, /srv/repo
    # Shell texts: the first is run when it has come up for the first time, and so on; after each but the last it
    # restarts.
    work: tuple[str, ...] = ()
    boots: int = 1  # how often it is started at most, when it restarts

    # pinet-server makes its disk and its boot files out of Debian's stock image, and tells the servers: settings that are
    # not those of provision.SETTINGS; further options of "add". The client's name is @prefix. Servers that need another
    # kernel than this machine's run in a guest.
    provisioned: dict[str, str] | None = None
    add: tuple[str, ...] = ()

    # The servers.
    dhcp: tuple[str, ...] = ()  # lines for dnsmasq.conf
    lease: str = "1h"  # how long a lease lasts
    lio: bool = False  # a guest with LIO has the target, at {lio}, in place of tgt
    acl: str = "ALL"  # the only initiator name the target accepts
    chap: tuple[str, str] | None = None  # of the initiator, name and secret
    chap_back: tuple[str, str] | None = None  # of the target, for mutual CHAP
    chap_discovery: tuple[str, str] | None = None  # for discovery alone
    group: bool = False  # another address, {group}, sends logins on to the target
    others: int = 0  # targets beside the client's
    router: tuple[str, ...] | None = None  # of a router that gives the addresses; the boot server is a proxy then
    target: str = "iqn.2025-02.dev.example:root:{mac}"
    prefix: str = "{mac}"  # the directory of the boot files, below that of TFTP
    export: str = "/srv/tftp/{prefix}"  # the directory that NFS exports
    nfs_root: str = ""  # the path under which NFS exports the client's root file system, too
    nfs: tuple[int, ...] = (3, 4)
    down: tuple[str, ...] = ()  # servers that are not started; "disk": the target has none yet

    # What happens, and what has to come of it.
    events: tuple[Event, ...] = ()
    beside: Callable = nullcontext  # a context manager of the run, entered while its servers are up
    outcome: str = "boots"  # boots, shell, reboots, powers-off or hangs, at the end of @console
    limit_s: float = 150
    console: tuple[str, ...] = ()  # patterns that must be on the console
    silent: tuple[str, ...] = ()  # patterns that must not
    checks: tuple[Callable, ...] = ()


def names() -> list[str]:
    """The scenarios there are, in order."""
    return sorted(name for name in os.listdir(E2E) if re.match(r"\d\d-", name))


def load(name: str) -> Scenario:
    """Reads scenario NAME from NAME/scenario.py."""
    path = os.path.join(E2E, name, "scenario.py")
    spec = importlib.util.spec_from_file_location("scenario_" + re.sub(r"\W", "_", name), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.scenario


class Run:
    """One run of a scenario with one suite. The checks read its results."""

    def __init__(self, name: str, scenario: Scenario, suite: str, arch: str, deb: str, directory: str, login: bool = False):
        self.name, self.scenario, self.suite, self.arch, self.deb = name, scenario, suite, arch, deb
        self.directory, self.login = os.path.abspath(directory), login
        # The adapter that finds the servers gives the client its name.
        first = next(index for index, nic in enumerate(scenario.nics) if nic.network == "lan")
        self.mac = mac_address(first).replace(":", "-")
        self.words = {
            "server": SERVER,
            "lio": lio.ADDRESS,
            "group": GROUP,
            "mac": self.mac,
            "client": f"192.168.77.{FIRST_ADDRESS + first}",
            "initiator": f"iqn.2025-02.dev.example:cluster:{self.mac}",
        }
        self.words["target"] = self.text(scenario.target)
        self.words["prefix"] = self.text(scenario.prefix)
        self.provisioned = scenario.provisioned is not None
        self.server_guest = self.provisioned and serverguest.needed(scenario.provisioned)
        if self.server_guest:
            self.words["server"] = serverguest.ADDRESS
        self.tftp = os.path.join(self.directory, "tftp")
        self.boot_files = os.path.join(self.tftp, self.words["prefix"])
        self.console = ""  # of all its boots
        self.consoles: list[str] = []
        self.reason = ""
        self.facts = Facts("")
        self.guest: Guest | None = None
        self.servers: dict[str, Server] = {}

    def text(self, text: str) -> str:
        """Fills in the words of this run."""
        for word, value in self.words.items():
            text = text.replace("{" + word + "}", value)
        return text

    def cmdline(self) -> str:
        """The client's kernel command line."""
        console = board(self.arch).console
        common = f"console={console} loglevel=3 systemd.show_status=false net.ifnames=0 transparent_hugepage=never"
        common += " facts=off" if self.login else f" systemd.mask=serial-getty@{console}.service"
        root = "" if self.provisioned else self.scenario.root
        return " ".join(filter(None, [common, root, self.text(self.scenario.cmdline)]))

    def client(self) -> image.Client:
        """The image this run starts from. Making it needs the Debian mirror, so this comes before the namespaces."""
        deb = "" if self.scenario.stock or self.provisioned else self.deb
        files = {path: self.text(text) for path, text in self.scenario.installed.items()}
        for number, text in enumerate(self.scenario.work, start=1):
            files[f"/usr/lib/pinet-test/steps/{number}"] = f"#!/bin/sh -ex\n{self.text(text)}"
        package, raspi = self.text(self.scenario.package), bool(self.scenario.pi) and not self.provisioned
        if raspi:
            root, _, rest = self.cmdline().partition("root=")[2].partition(" ")
            files["/etc/default/raspi-firmware"] = f'ROOTPART="{root}"\nCONSOLES="none"\n'
            files["/etc/default/raspi-extra-cmdline"] = rest + "\n"
        if self.provisioned and self.scenario.pi:
            files |= PI_FILES
        if self.scenario.lio:
            lio.base()
        if self.server_guest:
            serverguest.disk()
        name, packages = self.name if files or self.scenario.packages else "", self.scenario.packages
        if name and self.provisioned:
            name = "provisioned"  # several have the same
        return image.client(self.suite, self.arch, deb, files, name, package, raspi, packages)

    def prepare(self) -> Machine:
        """Makes the disk, the TFTP directory and the network of this run, and describes the machine."""
        shutil.rmtree(self.directory, ignore_errors=True)
        scenario = self.scenario
        client = self.client()
        self.version = client.version
        if self.provisioned:
            return self._prepare_server()
        os.makedirs(self.boot_files)
        disk = os.path.join(self.directory, "lun.img")
        image.copy(client.file("lun.img"), disk)
        if scenario.journal:
            image.add_journal(disk)
        if scenario.wrapped:
            image.wrap(disk, client, self.directory)
        if scenario.pi:
            shutil.copytree(client.file("firmware"), self.boot_files, dirs_exist_ok=True)
            replace_file(os.path.join(self.boot_files, "cmdline.txt"), self.cmdline() + "\n")
        else:
            shutil.copy(client.file("vmlinuz"), self.boot_files)
        initrd = os.path.join(self.boot_files, "initrd.img")
        if not scenario.pi:
            shutil.copy(client.file("initrd.img"), initrd)
        if scenario.initramfs:
            with open(initrd, "ab") as file:
                file.write(bytes(-file.tell() % 4))
                file.write(image.cpio({path: self.text(text).encode() for path, text in scenario.initramfs.items()}))

        self.network = Network()
        nics = [
            (self.network.tap(nic.network, nic.loss_percent), nic.model, mac_address(index))
            for index, nic in enumerate(scenario.nics)
        ]
        disks = []
        if scenario.local_disk:
            disks.append(os.path.join(self.directory, "local.img"))
            image.copy(client.file("lun.img"), disks[0])
            image.mark(disks[0], "local disk")
        self._make_servers(disk)
        machine = Machine(self.arch, nics, disks, scenario.cpus)
        if scenario.ipxe:
            replace_file(
                os.path.join(self.boot_files, "boot.ipxe"),
                f"#!ipxe\nchain pinet/active/boot.ipxe ||\n"
                f"kernel vmlinuz initrd=initrd.img {self.cmdline()}\ninitrd initrd.img\nboot\n",
            )
            replace_file(os.path.join(self.boot_files, "cmdline.txt"), self.cmdline() + "\n")
        elif scenario.san:
            image.make_bootable(disk, self.directory, self.cmdline())
        elif not scenario.pi:
            machine.kernel, machine.initrd, machine.cmdline = client.file("vmlinux"), initrd, self.cmdline()
            machine.dtb = image.device_tree(self.suite, self.arch, client.version, board(self.arch).dtb)
        return machine

    def _prepare_server(self) -> Machine:
        """The same by pinet-server, which makes the client when its servers run."""
        scenario = self.scenario
        os.makedirs(self.directory)
        self.network = Network()
        nics = [(self.network.tap("lan"), scenario.nics[0].model, mac_address(0))]
        router = scenario.router is not None
        lines = None if router else self._hosts() if scenario.provisioned.get("dhcp") == "none" else []
        about = (self.directory, self.words["prefix"], self.words["target"].rpartition(":")[0], scenario.provisioned)
        if self.server_guest:
            self.provision = serverguest.There(*about, self.network.tap("lan"), lines)
        else:
            self.provision = Here(*about, self.network.bridges["lan"], lines)
        disk = os.path.join(self.directory, "stock.img")
        whole_image(self.client(), image.base(self.suite, self.arch), disk, bool(scenario.pi))
        if scenario.san:
            image.make_bootable(disk, self.directory, f"{scenario.root} {self.cmdline()}")
        self.stock = [self.provision.bring(path) for path in (disk, self.deb)]
        self.provision.init()
        self.servers = {server.name: server for server in self.provision.servers}
        if router:
            self._add_router(self._hosts())
        return Machine(self.arch, nics)

    def _hosts(self) -> list[str]:
        """The lines of dnsmasq that give the client's adapters their addresses."""
        numbers = range(len(self.scenario.nics))
        return [f"dhcp-host={mac_address(n)},192.168.77.{FIRST_ADDRESS + n},{self.scenario.lease}" for n in numbers]

    def _add_router(self, hosts: list[str]) -> None:
        more = [self.text(line) for line in self.scenario.router]
        router = Router(self.directory, self.network.bridges["lan"], hosts + more)
        self.servers[router.name] = router

    def _add(self) -> None:
        disk, deb = self.stock
        options = ["--image", disk, "--deb", deb, "--mac", self.mac, "--address", self.words["client"]]
        self.provision.add(*options, "--append", self.cmdline(), *self.scenario.add)

    def _load(self, machine: Machine, number: int) -> None:
        """Has the simulated bootloader of a Raspberry Pi load what it boots, over TFTP."""
        loaded = os.path.join(self.directory, f"loaded-{number}")
        os.makedirs(loaded)
        argv = [PIBOOT, "--server", self.words["server"], "--model", self.scenario.pi, "--serial", f"10000000{SERIAL}"]
        prefix = {self.mac: "mac", SERIAL: "serial"}.get(self.words["prefix"], self.words["prefix"] + "/")
        said = run(*argv, "--mac", self.mac.replace("-", ":"), "--prefix", prefix, "--save", loaded)
        replace_file(os.path.join(self.directory, f"piboot-{number}.log"), said)
        machine.kernel, machine.initrd = os.path.join(loaded, "kernel"), os.path.join(loaded, "initramfs")
        with open(os.path.join(loaded, "cmdline"), encoding="utf-8") as file:
            machine.cmdline = file.read().strip()
        if board(self.arch).dtb:
            machine.dtb = os.path.join(loaded, "dtb")

    def _make_servers(self, disk: str) -> None:
        scenario = self.scenario
        hosts = self._hosts()
        lines = [] if scenario.router is not None else list(hosts)
        lines += [self.text(line) for line in scenario.dhcp]
        if scenario.ipxe:
            lines += ["dhcp-match=set:ipxe,175", f"dhcp-boot=tag:ipxe,{self.mac}/boot.ipxe"]
        export = self.text(scenario.export)
        if scenario.san:
            lines += ["dhcp-match=set:ipxe,175", f'dhcp-option=tag:ipxe,17,"iscsi:{SERVER}:::1:{self.words["target"]}"']
        exported = self.directory + export.removeprefix("/srv")
        os.makedirs(exported, exist_ok=True)
        exports = {export: exported}
        if scenario.nfs_root:
            exports[scenario.nfs_root] = self._mount_root(disk)
        servers = [
            Dhcp(self.directory, self.tftp, lines, scenario.router is not None),
            Tgt(
                self.directory,
                self.words["target"],
                disk,
                self.text(scenario.acl),
                chap=scenario.chap,
                chap_back=scenario.chap_back,
                chap_discovery=scenario.chap_discovery,
                others=scenario.others,
            ),
            Nfs(self.directory, exports, scenario.nfs),
        ]
        if scenario.lio:
            servers[1] = lio.Lio(self.directory, disk, self.network.tap("lan"), self._lio_words())
        if scenario.group:
            servers.append(Group(self.directory, self.words["target"], self.network.bridges["lan"]))
        self.servers = {server.name: server for server in servers}
        if scenario.router is not None:
            self._add_router(hosts)
        self.servers["tgt"].late = "disk" in scenario.down

    def _lio_words(self) -> str:
        words = f"target={self.words['target']} initiator={self.words['initiator']}"
        for word, pair in (("chap", self.scenario.chap), ("chap_back", self.scenario.chap_back)):
            words += f" {word}={':'.join(pair)}" if pair else ""
        return words

    def _mount_root(self, disk: str) -> str:
        """Makes the root file system of @disk a directory; its fstab does not name the disk any more."""
        path = os.path.join(self.directory, "root")
        os.makedirs(path)
        run("mount", "-o", f"loop,offset={image.ROOT_OFFSET}", disk, path)
        replace_file(os.path.join(path, "etc/fstab"), "LABEL=system-boot /boot/firmware vfat defaults 0 1\n")
        return path

    def act(self, event: Event) -> None:
        """Does what @event says."""
        print(f"[rig {self.guest.elapsed():.1f} s] {event.do}", flush=True)
        match event.do.split(" ", 1):
            case ["start", "disk"]:
                self.servers["tgt"].map_disk()
            case ["start", server]:
                self.servers[server].start()
            case ["stop", server]:
                self.servers[server].stop()
            case ["link", rest]:
                nic, _, state = rest.partition(" ")
                self.guest.set_link(int(nic), state == "up")
            case ["offer", option]:
                self.servers["dhcp"].offer(self.text(option))
            case ["move", "server"]:
                self.network.move_server()
            case ["type", text]:
                self.guest.type(text + "\n")
            case _:
                raise RigError(f"no such event: {event.do}")

    @contextmanager
    def serving(self):
        """Has the servers running, and yields the machine that is to boot from them."""
        machine = self.prepare()
        try:
            for server in self.servers.values():
                if server.name not in self.scenario.down:
                    server.start()
            if self.provisioned:
                self._add()
            yield machine
            if self.provisioned:
                self.boot_files = self.provision.remove()
        finally:
            for server in self.servers.values():
                server.close()
            self.network.close()

    def interactive(self) -> None:
        """Boots the client with its console on this terminal, and returns when it is switched off."""
        with self.serving() as machine:
            run_interactive(machine)

    def boot(self, live=None, ready=None) -> None:
        """Boots the client once and collects what came of it. @live is called with what the console says, @ready
        with this run when the servers are up."""
        with self.serving() as machine, self.scenario.beside(self):
            if ready:
                ready(self)
            for number in range(1, self.scenario.boots + 1):
                if self.scenario.pi:
                    self._load(machine, number)
                self._boot_once(machine, f"console-{number}.log" if number > 1 else "console.log", live)
                if self.reason != REASONS["reboots"]:
                    break
        self.facts = Facts(self.consoles[-1])

    def _boot_once(self, machine: Machine, log: str, live) -> None:
        """From power-on until the guest has ended or is where the scenario wants it."""
        scenario = self.scenario
        with Guest(machine, os.path.join(self.directory, log), live) as self.guest:
            for index, nic in enumerate(scenario.nics):
                if not nic.link:
                    self.guest.set_link(index, False)
            self.guest.power_on()
            off = board(self.arch).off
            until = off
            if scenario.outcome == "shell":
                until = SHELL_PROMPT
            elif scenario.outcome == "hangs":
                until = self.text(scenario.console[-1])
            events = [replace(event, seen=self.text(event.seen)) for event in scenario.events]
            self.ended = self.guest.follow(scenario.limit_s * board(self.arch).slow, until, events, self.act)
        self.reason = REASONS["powers-off"] if off and off in self.guest.console else self.guest.reason
        self.consoles.append(self.guest.console)
        self.console += self.guest.console

    def outcome_error(self) -> str:
        """Why the run did not end as the scenario says, or nothing."""
        outcome = self.scenario.outcome
        if not self.ended:
            return f"the client was not done after {self.scenario.limit_s:.0f} s (expected: {outcome})"
        if outcome == "shell":
            return "" if re.search(SHELL_PROMPT, self.console, re.M) else f"the client ended ({self.reason}), no shell"
        if outcome == "hangs":
            return f"the client ended ({self.reason})" if self.reason else ""
        if self.reason != REASONS[outcome]:
            return f"the client ended with {self.reason or 'no reason'} (expected: {outcome})"
        if self.facts.complete != (outcome == "boots"):
            return "the client booted" if self.facts.complete else "the client did not reach multi-user"
        return ""

    def failures(self) -> list[str]:
        """All properties that do not hold, a sentence each."""
        failed = [self.outcome_error()]
        for pattern in self.scenario.console:
            if not re.search(self.text(pattern), self.console, re.M):
                failed.append(f"not on the console: {self.text(pattern)}")
        for pattern in self.scenario.silent:
            match = re.search(self.text(pattern), self.console, re.M)
            if match:
                failed.append(f"on the console, but must not be: {match[0]}")
        if self.facts.complete:
            for check in self.scenario.checks:
                failed.append(check(self))
        return [sentence for sentence in failed if sentence]

    def clean(self) -> None:
        """Drops the large files of the run; its logs stay."""
        for name in ("lun.img", "local.img", "stock.img", f"pinet/{self.words['prefix']}.img"):
            path = os.path.join(self.directory, name)
            if os.path.exists(path):
                os.unlink(path)
