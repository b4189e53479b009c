# SPDX-License-Identifier: GPL-2.0-or-later
"""What the bootloader does with the files it is given: which kernel starts, with what."""

from .boards import BOARDS, KERNELS_32, KERNELS_64
from .config import Evaluation, Settings
from .outcome import File, Machine, Outcome, Request
from .source import Source, TransportError

__all__ = ["Machine", "Outcome", "boot"]

BLOCK_SIZE = 1024
MAX_AUTOBOOT = 512
# Both were buffers of 64 bytes: os_prefix from April 2022 on (firmware#1720, 8 before), the path of an overlay until
# November 2025 (firmware#2004: a longer one is silently not loaded).
OLD_PATH_LIMIT = 63


class _Refusal(Exception):
    """The boot ends here: why, in one sentence."""


class _Run:
    def __init__(self, machine: Machine, source: Source):
        self.machine = machine
        self.source = source
        self.board = BOARDS[machine.model]
        self.out = Outcome(machine)
        self.out.tftp_prefix = machine.tftp_prefix()
        self.config_name = "tryboot.txt" if machine.tryboot else "config.txt"

    # Requests. A path that begins with "/" is relative to the TFTP prefix as well: that is the boot partition here.

    def _asked(self, path: str) -> str:
        return self.out.tftp_prefix + path.lstrip("/")

    def _log(self, kind: str, name: str, result: str) -> None:
        self.out.requests.append(Request(kind, name, result))

    def _probe(self, path: str) -> bool:
        name = self._asked(path)
        there = self.source.exists(name)
        self._log("probe", name, "there" if there else self.source.why)
        return there

    def _read(self, path: str) -> File | None:
        name = self._asked(path)
        data = self.source.read(name)
        self._log("read", name, self.source.why if data is None else f"{len(data)} bytes")
        if data is None:
            return None
        if len(data) // BLOCK_SIZE + 1 > 0xFFFF:
            self.out.note(f"{name} has more than 65535 blocks: firmware before September 2025 cannot load it")
        return File(name, data)

    def _need(self, what: str, path: str) -> File:
        """Reads a file without which nothing boots."""
        file = self._read(path)
        if file is None:
            raise _Refusal(f"{what} {self._asked(path)} is {self.source.why}")
        if not file.data:
            raise _Refusal(f"{what} {file.name} is empty")
        return file

    # The first stage: EEPROM, or the ROM and bootcode.bin of a Pi 3.

    def _drop_prefix(self, missing: str) -> None:
        self.out.note(f"prefix {self.out.tftp_prefix} is dropped: no {missing} under it")
        self.out.tftp_prefix = ""

    def _find_firmware(self, *names: str) -> None:
        if any(self._probe(name) for name in names):
            return
        self._drop_prefix(" or ".join(names))
        if not any(self._probe(name) for name in names):
            raise _Refusal(f"no firmware: neither under the prefix nor without it is there {' or '.join(names)}")

    def first_stage(self) -> None:
        """Finds out the prefix and reads the firmware proper."""
        if self.board.family == 5:
            self._probe("pieeprom.sig")
            if not self._probe("config.txt"):
                self._drop_prefix("config.txt")
                if not self._probe("config.txt"):
                    raise _Refusal("no config.txt, neither under the prefix nor without it: a Pi 5 needs one")
        elif self.board.family == 4:
            self._find_firmware("start4.elf", "start.elf")
            start = self._config(includes=False)
            for name in ("recover4.elf", "recovery.elf"):
                self._probe(name)
            self._start_files(start, "start4", "fixup4")
        else:
            prefix, self.out.tftp_prefix = self.out.tftp_prefix, ""
            self._need("first stage", "bootcode.bin")
            self._probe("bootsig.bin")
            self.out.tftp_prefix = prefix
            self._find_firmware("start.elf")
            self._autoboot()
            start = self._config(includes=False)
            self._probe("recovery.elf")
            self._start_files(start, "start", "fixup")

    def _autoboot(self) -> None:
        """Only a Pi 3 was seen to ask for autoboot.txt over TFTP."""
        file = self._read("autoboot.txt")
        if file:
            one = Evaluation(self.board, self.machine.serial_number(), self.machine.tryboot, None)
            one.take("autoboot.txt", file.data[:MAX_AUTOBOOT])
            if one.settings.flag("tryboot_a_b"):
                self.config_name = "config.txt"

    def _start_files(self, settings: Settings, start: str, fixup: str) -> None:
        values = settings.values
        join = "" if self.board.family == 4 else "_"
        variant = ""
        if settings.flag("start_x"):
            variant = join + "x"
        elif settings.flag("start_debug"):
            variant = join + "db"
        elif values.get("gpu_mem") == "16":
            variant = join + "cd"
        self._need("firmware", values.get("start_file", f"{start}{variant}.elf"))
        name = values.get("fixup_file", f"{fixup}{variant}.dat")
        if self._read(name) is None:
            self.out.note(f"{self._asked(name)} is {self.source.why}: start.elf misses its pair")

    def _config(self, includes: bool = True) -> Settings:
        """Reads and evaluates config.txt, or tryboot.txt in its place. The bootloader does so again and again, and a
        file that changes in between is taken as it then is."""
        name = self.config_name
        file = self._read(name)
        if file is None and name == "tryboot.txt":
            # Undocumented; a boot with nothing but defaults is not what was asked for.
            raise _Refusal(f"{self._asked(name)} is {self.source.why}: the next reset boots config.txt again")
        if file is None:
            self.out.note(f"{self._asked(name)} is {self.source.why}: all settings have their defaults")
        elif self.out.config and file.data != self.out.config.data:
            self.out.note(f"{file.name} has changed since it was read last")
        self.out.config = file

        def include(path: str) -> bytes | None:
            found = self._read(path)
            return found.data if found else None

        serial = self.machine.serial_number()
        one = Evaluation(self.board, serial, self.machine.tryboot, include if includes else None)
        one.take(name, file.data if file else b"")
        for note in one.settings.notes:
            self.out.note(note)
        return one.settings

    # The second stage: start*.elf, or what the EEPROM of a Pi 5 has of it.

    def second_stage(self) -> None:
        """Finds and reads what the operating system needs."""
        self._config()
        settings = self._config()
        self._choose_prefix(settings)
        for step in self.board.order:
            getattr(self, f"_load_{step}")(settings)

    def _choose_prefix(self, settings: Settings) -> None:
        """os_prefix holds only when kernel and device tree are found with it."""
        values = settings.values
        upstream = settings.flag("upstream_kernel")
        wanted = values.get("os_prefix", "upstream/" if upstream else "")
        explicit = values.get("kernel", "")
        wide = self.board.default_64bit
        if explicit.rsplit("/", 1)[-1] in KERNELS_64 | KERNELS_32:
            wide = explicit.rsplit("/", 1)[-1] in KERNELS_64
        wide = settings.flag("arm_64bit", wide) if self.board.family != 5 else True
        self.out.arm_64bit = wide
        self.kernels = (explicit,) if explicit else self.board.kernels64 if wide else self.board.kernels32
        if "device_tree" in values:
            self.trees = tuple(filter(None, [values["device_tree"]]))
        else:
            # Which of the two names the test of os_prefix asks for is not documented: either will do here.
            self.trees = (self.board.upstream if upstream else ()) + self.board.trees
        self.os_prefix = self.out.os_prefix_wanted = wanted
        if wanted:
            if len(wanted) > OLD_PATH_LIMIT:
                self.out.note(f"os_prefix has {len(wanted)} characters: firmware takes {OLD_PATH_LIMIT}")
            for what, names in (("kernel", self.kernels), ("device tree", self.trees)):
                if names and not self._find(names):
                    self.out.note(f"os_prefix {wanted} is ignored: no {what} {' or '.join(names)} with it")
                    self.os_prefix = ""
                    break
        self.out.os_prefix = self.os_prefix

    def _os_path(self, name: str) -> str:
        return name if name.startswith("/") else self.os_prefix + name

    def _find(self, names: tuple[str, ...]) -> str:
        """The first of @names that is there with os_prefix, or ""."""
        return next((name for name in dict.fromkeys(names) if self._probe(self._os_path(name))), "")

    def _load_kernel(self, _settings: Settings) -> None:
        name = self._find(self.kernels) if len(self.kernels) > 1 else self.kernels[0]
        self.out.kernel = self._need("kernel", self._os_path(name or self.kernels[-1]))

    def _load_device_tree(self, _settings: Settings) -> None:
        if not self.trees:
            raise _Refusal("device_tree is set to nothing, and a kernel of today does not start without a device tree")
        name = self._find(self.trees) if len(self.trees) > 1 else self.trees[0]
        self.out.device_tree = self._need("device tree", self._os_path(name or self.trees[-1]))

    def _load_initramfs(self, settings: Settings) -> None:
        """A named file must be there: real firmware starts the kernel without it (it says so nowhere, and a disk that
        needs no initramfs may forgive it), but then a client without a disk has no root."""
        if settings.initramfs:
            self.out.initramfs = [self._need("initramfs", self._os_path(name)) for name in settings.initramfs]
            return
        if not settings.flag("auto_initramfs"):
            return
        name = next((kernel for kernel in self.kernels if self._exists_quietly(kernel)), self.kernels[-1])
        directory, _, base = name.rpartition("/")
        if not base.startswith("kernel"):
            self.out.note(f"auto_initramfs finds none: {name} has no name of a kernel of Raspberry Pi")
            return
        base = base.replace("kernel", "initramfs", 1).removesuffix(".img")
        file = self._read(self._os_path(f"{directory}/{base}" if "/" in name else base))
        if file:
            self.out.initramfs = [file]
        else:
            self.out.note(f"auto_initramfs finds none: {self.out.requests[-1].name} is {self.source.why}")

    def _exists_quietly(self, name: str) -> bool:
        """Whether kernel @name is the one: known already, or there."""
        if self.out.kernel:
            return self.out.kernel.name == self._asked(self._os_path(name))
        return self._probe(self._os_path(name))

    def _load_overlays(self, _settings: Settings) -> None:
        """config.txt is read once more for them."""
        settings = self._config()
        if not settings.overlays:
            return
        directory = settings.values.get("overlay_prefix", "overlays/")
        if self.os_prefix:
            if self._probe(f"{self.os_prefix}{directory}README"):
                directory = self.os_prefix + directory
            else:
                self.out.note(f"overlays are shared: no {self.os_prefix}{directory}README")
        self._read(f"{directory}overlay_map.dtb")
        for name in dict.fromkeys(settings.overlays):
            path = f"{directory}{name}.dtbo"
            if len(path) > OLD_PATH_LIMIT:
                self.out.note(
                    f"{path} has {len(path)} characters: firmware before November 2025 takes {OLD_PATH_LIMIT}"
                    " and leaves this overlay out"
                )
            file = self._read(path)
            if file:
                self.out.overlays.append(file)
            else:
                self.out.note(f"overlay {self._asked(path)} is {self.source.why}: left out")

    def _load_cmdline(self, settings: Settings) -> None:
        name = settings.values.get("cmdline") or "cmdline.txt"
        file = self._read(self._os_path(name))
        if file is None and self._os_path(name) != name:
            # Seen in the log of raspberrypi/linux#7319.
            self.out.note(f"{self._asked(self._os_path(name))} is {self.source.why}: tried without os_prefix")
            file = self._read(name)
        if file is None:
            # Real firmware goes on with a line of its own that looks for the root on an SD card.
            raise _Refusal(f"command line {self._asked(name)} is {self.source.why}")
        first, _, rest = file.data.decode("utf-8", "surrogateescape").partition("\n")
        if rest.strip():
            self.out.note(f"{file.name} has more than one line: only the first counts")
        self.out.cmdline = file
        self.out.cmdline_text = first.split("\0")[0].strip()
        if not self.out.cmdline_text:
            raise _Refusal(f"command line {file.name} is empty")


def boot(machine: Machine, source: Source) -> Outcome:
    """Boots @machine from @source. Raises ValueError for a machine that cannot be. Trouble with the transport is in the
    outcome's @error."""
    machine.check()
    run = _Run(machine, source)
    try:
        run.first_stage()
        run.second_stage()
        run.out.boots = True
    except _Refusal as refusal:
        run.out.reason = str(refusal)
    except TransportError as error:
        run.out.error = str(error)
    return run.out
