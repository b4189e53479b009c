# SPDX-License-Identifier: GPL-2.0-or-later
"""What is going on when the program is stopped: a client's root and boot directory, what changes in them, and what may
boot afterwards. A scene goes on from round to round, so that each finds generations and stamp of the one before."""

import gzip
import os
import re
import signal
import sys
from dataclasses import dataclass, field

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sync"))

import look  # noqa: E402
from look import Booted, need  # noqa: E402
from rig import Result, Rig, arm64_image, bzimage  # noqa: E402

KILLED = (-signal.SIGKILL, -signal.SIGXFSZ)
MADE = ("cmdline.txt", "config.txt", "boot.ipxe")
KEPT_MODULES = 6


def cpio(names: list[tuple[str, bytes]]) -> bytes:
    """An archive as the kernel takes it (newc)."""
    out = bytearray()
    for number, (name, data) in enumerate([*names, ("TRAILER!!!", b"")]):
        mode = 0 if name == "TRAILER!!!" else 0o100644
        numbers = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08X" % n for n in numbers) + name.encode() + b"\0"
        out += bytes(-len(out) % 4) + data
        out += bytes(-len(out) % 4)
    return bytes(out)


def initramfs(version: str, salt: bytes) -> bytes:
    names = [(f"lib/modules/{version}/modules.dep", b""), ("sbin/pinet", b"x"), ("salt", salt)]
    return gzip.compress(cpio(names), 1, mtime=0)


@dataclass
class Set:
    """The boot files that belong together, as they would be in a generation; @cmdline without our word."""

    files: dict[str, bytes] = field(default_factory=dict)
    cmdline: str = ""

    def is_of(self, generation: dict[str, bytes]) -> bool:
        return {name: data for name, data in generation.items() if name not in MADE} == self.files

    def check_booted(self, booted: Booted) -> str:
        """Why this is not what was loaded, or ""."""
        for name, data in booted.files.items():
            word = f" pinet.generation={booted.generation}" if booted.generation else ""
            want = (self.cmdline + word + "\n").encode() if name == "cmdline.txt" else self.files.get(name)
            if data != want and name != "boot.ipxe":
                return f"{name} is another"
        return ""


class Scene:
    """A rig in a directory of its own, and rounds of change() in it."""

    argv: tuple[str, ...] = ("sync",)
    again: tuple[str, ...] = ("sync",)
    keep = 3

    def __init__(self, pinet: str, work: str, trial: str) -> None:
        self.rig = Rig(pinet, work)
        self.rig.trial = trial
        self.round = 0
        self.lenient = False  # the next run may do nothing and say that all is well
        self.untidy = 0  # runs in a row that may have left something to be removed
        self.old = self.new = Set()
        self.prepare()

    def prepare(self) -> None:
        """What is there before the first round."""

    def change(self) -> None:
        """What is to be synchronized now: @old becomes @new, and that another."""
        raise NotImplementedError

    def booted(self, source: look.Source | None = None) -> Booted | None:
        raise NotImplementedError

    def counted(self, booted: Booted | None) -> tuple[str, ...]:
        """How the agent counts a boot of @booted."""
        name = booted.generation if booted else ""
        return ("count", name, name.partition("-")[2])

    def forget_trials(self) -> None:
        """The boots counted so far are not."""
        name = "boot/pinet/states"
        if os.path.exists(self.rig.path(name)):
            self.rig.put(name, re.sub(r" trying \d ", " new 0 ", self.rig.read(name)))

    def must(self, *args: str) -> Result:
        done = self.rig.run(*args)
        need(done.status == 0, f"{' '.join(args)}: {done}")
        return done

    def next_round(self) -> None:
        self.round += 1
        self.old = self.new
        self.change()
        self.others = look.of_others(self.rig.work)
        self.config = self._read("config.txt")
        self.cmdline = self._read("cmdline.txt")

    def _read(self, name: str) -> bytes:
        path = self.rig.path("boot/" + name)
        return look.content(path) if os.path.exists(path) else b""

    def check_others(self) -> None:
        """Nothing of the user's has changed."""
        now = look.of_others(self.rig.work)
        changed = sorted(name for name in now.keys() | self.others.keys() if now.get(name) != self.others.get(name))
        need(not changed, f"these changed: {changed}")
        before, after = look.without_block(self.config), look.without_block(self._read("config.txt"))
        need(after.rstrip(b"\r\n") == before.rstrip(b"\r\n"), f"config.txt was {before!r} and is {after!r}")
        need(self._read("cmdline.txt") in self.cmdlines(), f"cmdline.txt is {self._read('cmdline.txt')!r}")

    def cmdlines(self) -> tuple[bytes, ...]:
        return (self.cmdline,)

    def allowed(self) -> tuple[Set, ...]:
        return (self.old, self.new)

    def check_booted(self, booted: Booted | None, allowed: tuple[Set, ...]) -> None:
        need(booted is not None, "nothing would boot")
        reasons = [one.check_booted(booted) for one in allowed]
        need("" in reasons, f"{booted.generation or 'the top'} would boot: {reasons}")

    def check(self, done: Result) -> None:
        """After a run that was disturbed and ended as @done."""
        allowed = (self.new,) if done.status == 0 and not self.lenient else self.allowed()
        self.lenient = False
        self.untidy = self.untidy + 1 if done.status == 0 else 0
        need(done.status in (0, 1, *KILLED), f"it ended with {done}")
        all_there = look.generations(self.rig.boot)
        booted = self.booted()
        self.check_booted(booted, allowed)
        if booted and booted.generation:
            whole = all_there[booted.generation]
            need(any(one.is_of(whole) for one in allowed), f"{booted.generation} has {sorted(whole)}")
        self.check_others()
        self.check_states(all_there)

    def check_states(self, all_there: dict) -> None:
        """What was good still is, and is there."""
        path = self.rig.path("boot/pinet/states")
        text = look.content(path).decode() if os.path.exists(path) else ""
        for line in text.splitlines():
            form = r"g\d{6}-\S+ (new|trying|good|bad) \d+ \d+"
            need(re.fullmatch(form, line) is not None, f"pinet/states has the line {line!r}")
        good = [line.split()[0] for line in text.splitlines() if " good " in line]
        for name in self.good():
            need(name in good and name in all_there, f"the good generation {name} is lost: {text!r}")

    def good(self) -> tuple[str, ...]:
        return ()

    def finish(self) -> None:
        """The run that follows, which nothing disturbs, and one more, which has nothing to do."""
        for path in look.state_leftovers(self.rig.work):
            os.utime(path, (0, 0))  # recent ones might be somebody's who is at work
        self.check_again(self.rig.run(*self.again))
        self.check_idle()

    def check_again(self, done: Result) -> None:
        untidy = self.untidy
        need(done.status == 0, f"the next run: {done}")
        self.check(done)
        self.untidy = untidy
        # A removal that failed is a remark of a run that did what it should; the next one with something to do
        # repeats it.
        left = look.leftovers(self.rig.work)
        left = [name for name in left if not (self.untidy and name.startswith(".old-"))]
        if "nothing to do" in done.err:
            # What a writer of the client's own files left goes with the next one that writes the same file.
            left = [name for name in left if name not in look.state_leftovers(self.rig.work)]
        need(not left, f"the next run has left {left}")
        count = len(self.rig.generations())
        need(count <= self.keep + self.untidy, f"{count} generations are there")
        need(self.rig.state().get("result", "ok") == "ok", f"the state is {self.rig.state()}")

    def check_idle(self) -> None:
        """Once more, there is nothing to do."""
        done = self.must("sync")
        need("nothing to do" in done.err, f"the run after that: {done}")


class Raspi(Scene):
    """A Raspberry Pi gets a kernel again and again; a generation is good, and stays."""

    start = "# mine\narm_64bit=1\nauto_initramfs=1\n[pi4]\ndtoverlay=vc4"
    line = "console=tty1 root=LABEL=writable pinet.server=10.0.0.1"

    def prepare(self) -> None:
        self.rig.pi()
        self.rig.put("boot/config.txt", self.start)
        self.rig.put("boot/cmdline.txt", self.line + "\n")
        self.kept = ("bcm2711-rpi-4-b.dtb", "overlays/README", "overlays/vc4.dtbo")
        self.make_kernel(0)
        self.first_good()

    def first_good(self) -> None:
        self.must("sync")
        self.first = self.rig.active()
        booted = self.rig.read("root/proc/cmdline").strip()
        self.rig.put("root/proc/cmdline", f"{booted} pinet.generation={self.first}\n")
        self.must("mark-good")

    def good(self) -> tuple[str, ...]:
        return (self.first,)

    def make_kernel(self, number: int) -> None:
        version = f"6.12.{number}+rpt-rpi-v8"
        self.rig.put("boot/kernel8.img", arm64_image(version) + os.urandom(5000))
        self.rig.modules(version)
        self.rig.put("boot/initramfs8", initramfs(version, os.urandom(3000)))
        if number > KEPT_MODULES:
            self.rig.remove(f"root/lib/modules/6.12.{number - KEPT_MODULES}+rpt-rpi-v8")
        names = ("kernel8.img", "initramfs8", *self.kept)
        self.new = Set({name: look.content(self.rig.path("boot/" + name)) for name in names}, self.line)

    def change(self) -> None:
        self.make_kernel(self.round)

    def booted(self, source: look.Source | None = None) -> Booted | None:
        return look.boot_raspi(source or look.tree_source(self.rig.work))


class RaspiFirst(Raspi):
    """The first sync of a directory that has no generations: until it is done the files at the top boot."""

    start = "[all]\r\narm_64bit=1\r\nauto_initramfs=1\r\n"

    def first_good(self) -> None:
        pass

    def good(self) -> tuple[str, ...]:
        return ()

    def change(self) -> None:
        for name in ("boot/pinet", "root/var/lib/pinet"):
            if os.path.exists(self.rig.path(name)):
                self.rig.remove(name)
        self.rig.put("boot/config.txt", self.start)
        self.make_kernel(self.round)
        self.old = self.new


class RaspiWords(Raspi):
    """Another package has made cmdline.txt anew, without the words that the client needs."""

    lost = ("root=LABEL=writable", "pinet.server=10.0.0.1")

    def change(self) -> None:
        self.line = f"console=tty1 loglevel={self.round}"
        self.rig.put("boot/cmdline.txt", self.line + "\n")
        self.line += "".join(" " + word for word in self.lost)
        self.new = Set(self.old.files, self.line)

    def cmdlines(self) -> tuple[bytes, ...]:
        return (self.cmdline, (self.line + "\n").encode())


class RaspiTry(Raspi):
    """For one boot only: what boots without tryboot stays, until a plain sync makes it the active one."""

    argv = again = ("sync", "--try")
    keep = 4  # active, the one before it, last good, and to be tried

    def allowed(self) -> tuple[Set, ...]:
        return (self.old,)

    def check(self, done: Result) -> None:
        super().check(Result(done.status or 1, done.out, done.err))

    def check_idle(self) -> None:
        super().check(self.must("sync"))
        super().check_idle()


class Link(Scene):
    """A PC gets a kernel again and again, with a device tree that stays as it is."""

    line = "root=LABEL=writable quiet"

    def prepare(self) -> None:
        self.tree = os.urandom(700)
        self.rig.put("boot/cmdline.txt", self.line + "\n")
        self.make_kernel(0)
        self.first_good()

    first_good = Raspi.first_good
    good = Raspi.good

    def make_kernel(self, number: int) -> None:
        version = f"6.1.0-{number}-amd64"
        names = {
            f"root/boot/vmlinuz-{version}": bzimage(version) + os.urandom(5000),
            f"root/boot/initrd.img-{version}": initramfs(version, os.urandom(3000)),
            f"root/usr/lib/linux-image-{version}/vendor/board.dtb": self.tree,
        }
        self.rig.modules(version)
        for name, data in names.items():
            self.rig.put(name, data)
        if number > KEPT_MODULES:
            old = f"6.1.0-{number - KEPT_MODULES}-amd64"
            for name in ("lib/modules/{}", "boot/vmlinuz-{}", "boot/initrd.img-{}", "usr/lib/linux-image-{}"):
                self.rig.remove("root/" + name.format(old))
        self.new = Set(dict(zip(("vmlinuz", "initrd.img", "dtb/vendor/board.dtb"), names.values())), self.line)

    def change(self) -> None:
        self.make_kernel(self.round)

    def booted(self, source: look.Source | None = None) -> Booted | None:
        return look.boot_link(source or look.tree_source(self.rig.work))


class LinkFirst(Link):
    """The first sync of an empty directory: nothing boots until it is done."""

    def first_good(self) -> None:
        pass

    def good(self) -> tuple[str, ...]:
        return ()

    def change(self) -> None:
        for name in ("boot/pinet", "root/var/lib/pinet"):
            if os.path.exists(self.rig.path(name)):
                self.rig.remove(name)
        self.make_kernel(self.round)

    def check_booted(self, booted: Booted | None, allowed: tuple[Set, ...]) -> None:
        if booted or self.old not in allowed:
            super().check_booted(booted, allowed)


class _Back:
    """From the newest generation to the good one."""

    argv = again = ("rollback",)

    def change(self) -> None:
        if self.round == 1:
            self.good_set = self.old
            self.make_kernel(1)
            self.must("sync")
            self.newest, self.newest_set = self.rig.active(), self.new
            self.again = ("rollback", self.first)
        elif self.rig.active() != self.newest:
            self.must("rollback", self.newest)
        self.old, self.new = self.newest_set, self.good_set

    def check_idle(self) -> None:
        done = self.must("sync")
        need("nothing new" in done.err and self.rig.active() == self.first, f"the sync after that: {done}")


class RaspiBack(_Back, Raspi):
    """From the newest generation to the good one."""


class LinkBack(_Back, Link):
    """From the newest generation to the good one."""


class LinkGood(Link):
    """The running generation becomes good; what boots stays."""

    argv = again = ("mark-good",)

    def change(self) -> None:
        super().change()
        self.must("sync")
        self.rig.put("root/proc/cmdline", f"quiet pinet.generation={self.rig.active()}\n")
        self.old = self.new

    def check_again(self, done: Result) -> None:
        super().check_again(done)
        self.first = self.rig.active()
        self.check_states(look.generations(self.rig.boot))


class LinkOne(Link):
    """No generation is kept that need not be."""

    argv = again = ("sync", "--keep", "1")


class LinkLarge(Link):
    """A kernel large enough to be read back while it is on its way, in more parts than are written at once."""

    def make_kernel(self, number: int) -> None:
        super().make_kernel(number)
        name = f"root/boot/vmlinuz-6.1.0-{number}-amd64"
        self.rig.put(name, look.content(self.rig.path(name)) + os.urandom(1_200_000))
        self.new = Set({**self.new.files, "vmlinuz": look.content(self.rig.path(name))}, self.line)


class _Trial:
    """A generation has not come up in three boots; the fourth goes back to the good one. The run is the agent's."""

    attempts = 3
    argv = ("count",)

    def change(self) -> None:
        if self.round == 1:
            self.good_set = self.old
        super().change()
        self.must("sync")
        self.newest = self.rig.active()
        name = "boot/pinet/states"
        text = self.rig.read(name) if os.path.exists(self.rig.path(name)) else ""
        there = look.generations(self.rig.boot).keys() - {self.newest}
        others = [line for line in text.splitlines() if line.split()[0] in there]
        self.rig.put(name, "\n".join([*others, f"{self.newest} trying {self.attempts} 1", ""]))
        self.old, self.new = self.new, self.good_set
        self.argv = self.counted(self.booted())

    def check_again(self, done: Result) -> None:
        """The next boot; if it is one of the good generation, that comes up and tidies up."""
        need(done.status == 0, f"the next boot: {done}")
        self.check(done)
        self.must("mark-good")
        left = look.leftovers(self.rig.work)
        need(not left, f"the next boot has left {left}")

    def finish(self) -> None:
        self.again = self.counted(self.booted())
        self.check_again(self.rig.run(*self.again))
        self.check_idle()

    def check_idle(self) -> None:
        """It stays with that: neither another boot nor a sync goes forth again."""
        need(self.must(*self.counted(self.booted())).out == "good\n", "the generation is not good")
        self.rig.sync("--defer")
        self.check_booted(self.booted(), (self.good_set,))


class RaspiTrial(_Trial, Raspi):
    """Three boots did not come up, and the fourth."""


class LinkTrial(_Trial, Link):
    """Three boots did not come up, and the fourth."""


class LinkCount(_Trial, Link):
    """The first boot of a new generation."""

    attempts = 0

    def change(self) -> None:
        super().change()
        self.new = self.old

    def check_idle(self) -> None:
        name = self.rig.active()
        text = self.rig.read("boot/pinet/states")
        need(re.search(f"^{re.escape(name)} trying [123] ", text, re.M) is not None, f"states are {text!r}")


SCENES = {
    "raspi": Raspi,
    "raspi-first": RaspiFirst,
    "raspi-words": RaspiWords,
    "raspi-try": RaspiTry,
    "raspi-rollback": RaspiBack,
    "link": Link,
    "link-first": LinkFirst,
    "link-one": LinkOne,
    "link-large": LinkLarge,
    "raspi-trial": RaspiTrial,
    "link-trial": LinkTrial,
    "link-count": LinkCount,
    "link-rollback": LinkBack,
    "link-mark-good": LinkGood,
}
