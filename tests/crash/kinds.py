# SPDX-License-Identifier: GPL-2.0-or-later
"""What is done to the program, and at which calls."""

import os
import random
import shutil
import subprocess

import fault
import look
import order
from fault import Call, Fault
from look import Problem
from scenes import Result, Scene

ERRORS = ("EIO", "ENOSPC", "ESTALE", "EROFS")
SHOWN = 5  # problems of a test
WARM_UP = 3  # rounds until generations are removed


class Context:
    """One test: its scene, and what was found."""

    def __init__(self, pinet: str, trial: str, short: str, whole: bool, kind: type[Scene], work: str) -> None:
        self.pinet, self.trial, self.short, self.whole, self.kind, self.work = pinet, trial, short, whole, kind, work
        self.problems: list[str] = []
        self.found = self.runs = self.made = 0
        self.scene: Scene | None = None
        self.random = random.Random(self.kind.__name__)
        self.log = os.path.join(work, "log")

    def ready(self) -> Scene:
        """The scene, new after a problem, with as many generations as there are in the long run."""
        if not self.scene:
            self.made += 1
            self.scene = self.kind(self.pinet, os.path.join(self.work, f"rig{self.made}"), self.trial)
            for _ in range(WARM_UP):
                self.scene.next_round()
                self.scene.finish()
        return self.scene

    def note(self, what: str, problem: Exception) -> None:
        self.found += 1
        if self.found <= SHOWN:
            self.problems.append(f"{what}: {problem}")
        elif self.found == SHOWN + 1:
            self.problems.append("and more")
        if self.scene:
            shutil.rmtree(self.scene.rig.work)
        self.scene = None

    def round(self, what: str, *prefixes: tuple[str, ...]) -> None:
        """One round of the scene: a run behind each of @prefixes, and then one that nothing disturbs."""
        scene = self.ready()
        try:
            scene.next_round()
            for prefix in prefixes:
                scene.check(scene.rig.run(*scene.argv, prefix=prefix))
            scene.finish()
        except Problem as problem:
            self.note(what, problem)
        except subprocess.TimeoutExpired:
            self.note(what, Problem("it hangs"))
        self.runs += 1

    def calls(self) -> list[Call]:
        """What an undisturbed run does."""
        scene = self.ready()
        scene.next_round()
        scene.check(scene.rig.run(*scene.argv, prefix=fault.traced(self.log)))
        scene.finish()
        return fault.read_log(self.log)

    def disturb(self, one: Fault, lenient: bool = False) -> None:
        if lenient:
            self.ready().lenient = True
        self.round(str(one), one.prefix(self.log))


def killed(context: Context) -> None:
    """SIGKILL before each call."""
    for call in context.calls():
        if context.whole or call.changes():
            context.disturb(Fault(call.name, call.number, "signal=KILL"))


def killed_twice(context: Context) -> None:
    """Killed, with all its threads, and killed again while it mends that."""
    calls = [call for call in context.calls() if call.changes()]
    for _ in range(300 if context.whole else 8):
        chosen = context.random.choices(calls, k=2)
        both = [Fault(call.name, call.number, "signal=KILL", threads=True) for call in chosen]
        context.round(" and ".join(map(str, both)), *(one.prefix(context.log) for one in both))


def failing(context: Context) -> None:
    """Each call that a file system answers fails."""
    calls = [call for call in context.calls() if call.answered()]
    for number, call in enumerate(calls):
        if context.whole:
            errors = ERRORS
        elif call.changes() or call.name == "fsync" or number % 8 == 0:
            errors = (ERRORS[number % len(ERRORS)],)
        else:
            errors = ()
        for error in errors:
            # What it cannot read of its own root may look as if it were not there.
            lenient = not call.changes() and not call.concerns(context.ready().rig.boot)
            context.disturb(Fault(call.name, call.number, f"error={error}"), lenient)


def scarce(context: Context) -> None:
    """No more processes, descriptors or memory."""
    for call in context.calls():
        error = fault.SCARCE.get(call.name)
        if error and (context.whole or call.name != "openat"):
            context.disturb(Fault(call.name, call.number, f"error={error}"), lenient=True)


def children(context: Context) -> None:
    """Calls of the programs that it starts, and of the processes that check and remove beside it, too."""
    names = ("read", "openat", "write", "newfstatat", "mmap") if context.whole else ("read",)
    numbers = {name: range(3, 30 if context.whole else 6) for name in names}  # the first are of /proc
    numbers |= {name: range(1, 10 if context.whole else 3) for name in ("renameat", "unlinkat")}
    for name in numbers:
        for number in numbers[name]:
            for action in ("signal=KILL", "error=EIO"):
                context.disturb(Fault(name, number, action, children=True), lenient=True)


def lost(context: Context) -> None:
    """A write says that it was done, and was not."""
    for call in context.calls():
        written = call.line.rpartition(" = ")[2]
        if call.name == "write" and written.isdigit() and int(written) > 0:
            context.disturb(Fault(call.name, call.number, f"retval={written}"))


def short(context: Context) -> None:
    """Each write is cut short; then it is killed within a write, after so many bytes of a file."""
    if context.short:
        context.ready().rig.pinet = context.short
        context.round("short writes", ())
        context.ready().rig.pinet = context.pinet
    limits = (1, 50, 100, 1000, 4096, 20000, 300000) if context.whole else (1, 100, 4096)
    for limit in limits:
        context.round(f"files of at most {limit} bytes", ("prlimit", f"--fsize={limit}", "--core=0"))


def ordered(context: Context) -> None:
    """Nothing counts before it is on the server's disk."""
    scene = context.ready()
    calls = context.calls()
    for problem in order.problems(calls, scene.rig.boot):
        context.note("a power cut", Problem(problem))
        context.scene = scene
    context.runs += 1


class Switching(look.Source):
    """The files of a directory; before request number @moment something happens."""

    def __init__(self, work: str, moment: int, action) -> None:
        self.tree, self.moment, self.action, self.count = look.tree_source(work), moment, action, 0

    def _request(self) -> None:
        if self.count == self.moment:
            self.action()
        self.count += 1
        self.why = self.tree.why

    def read(self, name: str) -> bytes | None:
        self._request()
        return self.tree.read(name)

    def exists(self, name: str) -> bool:
        self._request()
        return self.tree.exists(name)


def booting(context: Context) -> None:
    """A client boots, and at each of its requests in turn the whole run takes place."""
    moment, last = 0, 1
    while moment <= last:
        scene = context.ready()
        try:
            scene.next_round()
            source = Switching(scene.rig.work, moment, lambda: scene.must(*scene.argv))
            scene.check_booted(scene.booted(source), scene.allowed())
            last = source.count
            scene.finish()
        except Problem as problem:
            context.note(f"at request {moment}", problem)
        context.runs += 1
        moment += 1


def booting_killed(context: Context) -> None:
    """A client boots, at one of its requests the run is killed, and at its end its agent counts the boot."""
    calls = [call for call in context.calls() if call.changes()]
    moments = 1
    for _ in range(200 if context.whole else 10):
        call, moment = context.random.choice(calls), context.random.randrange(moments)
        prefix = Fault(call.name, call.number, "signal=KILL").prefix(context.log)
        scene = context.ready()
        scene.forget_trials()
        ended: list[Result] = []

        def run(scene: Scene = scene, ended: list[Result] = ended, prefix: tuple[str, ...] = prefix) -> None:
            ended.append(scene.rig.run(*scene.argv, prefix=prefix))

        try:
            scene.next_round()
            source = Switching(scene.rig.work, moment, run)
            booted = scene.booted(source)
            if not ended:
                run()  # this boot had fewer requests
            scene.check_booted(booted, scene.allowed())
            moments = max(1, source.count)
            scene.check(ended[0])
            scene.must(*scene.counted(booted))
            scene.check(ended[0])
            scene.finish()
        except Problem as problem:
            context.note(f"at request {moment}, {call.name} number {call.number}", problem)
        context.runs += 1


def beside(context: Context) -> None:
    """The agent counts a boot, twice, while the run takes place. What it has begun the run may clean away."""
    rounds = 60 if context.whole else 5
    for _ in range(rounds if context.kind.argv[0] != "count" else 0):
        scene = context.ready()
        scene.forget_trials()
        scene.next_round()
        count = scene.counted(scene.booted())
        run = scene.rig.start(*scene.argv)
        try:
            for _ in range(2):
                done = scene.rig.run(*count)
                look.need(done.status in (0, 1), f"the agent: {done}")
            while run.poll() is None:
                scene.check_booted(scene.booted(), scene.allowed())
            look.need(run.returncode == 0, f"the run ended with {run.returncode}: {run.stderr.read()}")
            scene.check(Result(run.returncode, "", run.stderr.read()))
            scene.finish()
        except Problem as problem:
            run.wait()
            context.note("beside the agent", problem)
        finally:
            run.stderr.close()
        context.runs += 1


KINDS = {
    "failing": failing,
    "killed": killed,
    "killed-twice": killed_twice,
    "children": children,
    "booting": booting,
    "booting-killed": booting_killed,
    "beside": beside,
    "scarce": scarce,
    "lost": lost,
    "short": short,
    "order": ordered,
}
