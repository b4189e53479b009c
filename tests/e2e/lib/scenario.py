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
from .provision import PI_FILES, Here, Own, whole_image
from .servers import GROUP, SERVER, Group, Network, Router, Server, TgtChanges

E2E = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PIBOOT = os.path.join(E2E, "../sim/piboot")
SUITES = ("bookworm", "trixie")
SHELL_PROMPT = r"^\(initramfs\) "
# How Debian's own scripts are told what to boot from.
STOCK_WORDS = "ip=dhcp iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}"
# Of a Raspberry Pi, as it asks for its boot files.
SERIAL = "e9004c01"
# With what pinet-server begins the names of targets.
TARGETS = "iqn.2025-02.dev.example:root"
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
    san: bool = False  # the same, and iPXE boots the LUN itself: it has a GPT and GRUB
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

    # pinet-server makes the client, whose name is @prefix, on servers of which this chooses some by provision.SETTINGS;
    # those that need another kernel than this machine's run in a guest. The words it gives a client are for those that boot
    # from power-on: who is given a kernel has @root and @cmdline alone.
    servers: dict[str, str] = field(default_factory=dict)
    prefix: str = "{mac}"
    add: tuple[str, ...] = ()  # further options of "add"
    # From Debian's stock image, in which pinet-server installs the package, to "remove"; else from one that has it.
    whole_life: bool = False

    # What else its administrator has.
    dhcp: tuple[str, ...] = ()  # lines for dnsmasq.conf
    lease: str = "1h"  # how long a lease lasts
    router: tuple[str, ...] | None = None  # of a router that gives the addresses in place of the boot server
    nfs: tuple[int, ...] = (3, 4)
    nfs_root: str = ""  # the path under which NFS exports the client's root file system, too
    lio: bool = False  # another server, {lio}, has LIO, which serves the LUN in place of tgt
    group: bool = False  # another address, {group}, sends logins on to the target

    # What is changed when the client has been made.
    target: str = TARGETS + ":{prefix}"  # its name
    acl: str = ""  # the only initiator name the target accepts
    chap: tuple[str, str] | None = None  # of the initiator, name and secret
    chap_back: tuple[str, str] | None = None  # of the target, for mutual CHAP
    chap_discovery: tuple[str, str] | None = None  # for discovery alone
    others: int = 0  # targets beside the client's
    export: str = "/srv/tftp/{prefix}"  # the directory that NFS exports
    down: tuple[str, ...] = ()  # servers that do not run; "disk": the target has none yet

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
        self.words["prefix"] = self.text(scenario.prefix)
        self.words["target"] = self.text(scenario.target)
        self.from_power_on = scenario.ipxe or scenario.san or bool(scenario.pi)
        self.server_guest = serverguest.needed(scenario.servers)
        if self.server_guest:
            self.words["server"] = serverguest.ADDRESS
        self.tftp = os.path.join(self.directory, "tftp")
        self.boot_files = os.path.join(self.tftp, self.words["prefix"])
        self.lun = os.path.join(self.directory, "pinet", f"{self.words['prefix']}.img")
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
        # pinet-server says it itself, but for a boot loader in the LUN
        root = self.scenario.root if self.scenario.san or not self.from_power_on else ""
        return " ".join(filter(None, [common, root, self.text(self.scenario.cmdline)]))

    def client(self) -> image.Client:
        """The image this run starts from. Making it needs the Debian mirror, so this comes before the namespaces."""
        scenario, raspi = self.scenario, bool(self.scenario.pi) and not self.scenario.whole_life
        deb = "" if scenario.stock or scenario.whole_life else self.deb
        files = {path: self.text(text) for path, text in scenario.installed.items()}
        for number, text in enumerate(scenario.work, start=1):
            files[f"/usr/lib/pinet-test/steps/{number}"] = f"#!/bin/sh -ex\n{self.text(text)}"
        if raspi:
            files["/etc/default/raspi-firmware"] = 'ROOTPART="LABEL=writable"\nCONSOLES="none"\n'
            files["/etc/default/raspi-extra-cmdline"] = f"rootfstype=ext4 rootwait {self.cmdline()}\n"
        elif scenario.pi:
            files |= PI_FILES
        if scenario.lio:
            lio.base()
        if self.server_guest:
            serverguest.disk(scenario.servers)
        name = self.name if files or scenario.packages else ""
        if name and scenario.whole_life:
            name = "provisioned"  # several have the same
        return image.client(self.suite, self.arch, deb, files, name, self.text(scenario.package), raspi, scenario.packages)

    def prepare(self) -> Machine:
        """Makes the network of this run, and chooses its servers. Returns the machine, which has no kernel yet."""
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        scenario = self.scenario
        self.made_of = self.client()
        self.network = Network()
        nics = [
            (self.network.tap(nic.network, nic.loss_percent), nic.model, mac_address(index))
            for index, nic in enumerate(scenario.nics)
        ]
        disks = []
        if scenario.local_disk:
            disks.append(os.path.join(self.directory, "local.img"))
            image.copy(self.made_of.file("lun.img"), disks[0])
            image.mark(disks[0], "local disk")
        self._make_servers()
        return Machine(self.arch, nics, disks, scenario.cpus)

    def _make_servers(self) -> None:
        """The servers as their administrator and "pinet-server init" leave them."""
        scenario, bridge = self.scenario, self.network.bridges["lan"]
        alone = scenario.router is None
        lines = [self.text(line) for line in scenario.dhcp]
        if alone and "dhcp" not in scenario.servers:
            lines = self._hosts() + lines
        exports = {}
        if scenario.nfs_root:
            exports[scenario.nfs_root] = os.path.join(self.directory, "root")
            os.makedirs(exports[scenario.nfs_root])
        own = Own(tuple(lines), alone, scenario.nfs, exports)
        about = (self.directory, self.words["prefix"], TARGETS, scenario.servers)
        if self.server_guest:
            self.provision = serverguest.There(*about, self.network.tap("lan"), own)
        else:
            self.provision = Here(*about, bridge, own)
        self.stock = [self.provision.bring(path) for path in (self._image(), self.deb)]
        self.provision.init()
        self.servers = {server.name: server for server in self.provision.servers}
        if scenario.group:
            self.servers["group"] = Group(self.directory, self.words["target"], bridge)
        if scenario.router is not None:
            more = [self.text(line) for line in scenario.router]
            self.servers["router"] = Router(self.directory, bridge, self._hosts() + more)

    def _image(self) -> str:
        """The image that pinet-server gets."""
        scenario, disk = self.scenario, os.path.join(self.directory, "stock.img")
        if scenario.whole_life:
            whole_image(self.made_of, image.base(self.suite, self.arch), disk, bool(scenario.pi))
        elif scenario.san or scenario.journal:
            image.copy(self.made_of.file("lun.img"), disk)
        else:
            return self.made_of.file("lun.img")
        if scenario.journal:
            image.add_journal(disk)
        if scenario.san:
            image.make_bootable(disk, self.directory, self.cmdline())
        return disk

    def _hosts(self) -> list[str]:
        """The lines of dnsmasq that give the client's adapters their addresses."""
        numbers = range(len(self.scenario.nics))
        return [f"dhcp-host={mac_address(n)},192.168.77.{FIRST_ADDRESS + n},{self.scenario.lease}" for n in numbers]

    def _add(self) -> None:
        """Has pinet-server make the client."""
        disk, deb = self.stock
        options = ["--image", disk, "--mac", self.mac, "--address", self.words["client"]]
        options += ["--deb", deb] if self.scenario.whole_life else ["--no-install", "--no-chap"]
        if self.from_power_on:
            options += ["--append", self.cmdline()]
        self.provision.add(*options, *self.scenario.add)

    def _change(self) -> None:
        """What is other than pinet-server has left it."""
        scenario, name = self.scenario, self.words["prefix"]
        changes = TgtChanges(
            self.words["target"],
            self.text(scenario.acl),
            scenario.chap,
            scenario.chap_back,
            scenario.chap_discovery,
            scenario.others,
            "disk" in scenario.down,
        )
        if scenario.wrapped:
            self.servers["tgt"].stop()
            image.wrap(self.lun, self.made_of, self.directory)
        if scenario.lio:
            self.servers["tgt"].stop()
            self.servers["tgt"] = lio.Lio(self.directory, self.lun, self.network.tap("lan"), self._lio_words())
            self.servers["tgt"].start()
        elif scenario.wrapped or changes != TgtChanges(self.text(Scenario.target)):
            self.servers["tgt"].change(name, self.lun, changes)
        export = self.text(scenario.export)
        if export != self.text(Scenario.export):
            self.servers["nfs"].change(self.text(Scenario.export), export)
        if scenario.initramfs:
            with open(os.path.join(self.boot_files, "initrd.img"), "ab") as file:
                file.write(bytes(-file.tell() % 4))
                file.write(image.cpio({path: self.text(text).encode() for path, text in scenario.initramfs.items()}))
        for server in set(scenario.down) - {"disk"}:
            self.servers[server].stop()
        if scenario.nfs_root:
            self._mount_root()

    def _give_kernel(self, machine: Machine) -> None:
        """Gives QEMU what a boot loader would load: the kernel of the client, unpacked, and the initramfs by TFTP."""
        machine.kernel, machine.cmdline = self.made_of.file("vmlinux"), self.cmdline()
        machine.initrd = os.path.join(self.boot_files, "initrd.img")
        machine.dtb = image.device_tree(self.suite, self.arch, self.made_of.version, board(self.arch).dtb)

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

    def _lio_words(self) -> str:
        words = f"target={self.words['target']} initiator={self.words['initiator']}"
        for word, pair in (("chap", self.scenario.chap), ("chap_back", self.scenario.chap_back)):
            words += f" {word}={':'.join(pair)}" if pair else ""
        return words

    def _mount_root(self) -> None:
        """Makes the root file system of the LUN a directory that NFS exports; its fstab does not name the disk any more."""
        path = os.path.join(self.directory, "root")
        self.servers["nfs"].stop()
        run("mount", "-o", f"loop,offset={image.ROOT_OFFSET}", self.lun, path)
        replace_file(os.path.join(path, "etc/fstab"), "LABEL=system-boot /boot/firmware vfat defaults 0 1\n")
        self.servers["nfs"].start()

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
                self.servers["dnsmasq"].offer(self.text(option))
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
                server.start()
            self._add()
            self._change()
            if not self.from_power_on:
                self._give_kernel(machine)
            yield machine
            if self.scenario.whole_life:
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
        for path in (self.lun, *(os.path.join(self.directory, name) for name in ("local.img", "stock.img"))):
            if os.path.exists(path):
                os.unlink(path)
