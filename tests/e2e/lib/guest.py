# SPDX-License-Identifier: GPL-2.0-or-later
"""One QEMU guest: its console, its end, and things that happen to it while it runs."""

import json
import os
import re
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from .machine import Machine
from .proc import RigError, die_with_parent

# How many times longer than it says anything may take, on a machine that has other work.
SLOW = float(os.environ.get("PINET_SLOW", "1"))


@dataclass
class Event:
    """Something that happens to a running guest.

    @do is "start SERVER", "start disk", "stop SERVER", "link N up", "link N down", "move server", "offer OPTION" (of
    DHCP, in dnsmasq's words) or "type TEXT". It is done @after seconds after power-on, or after @seen, a regular
    expression, matched on the console."""

    do: str
    after: float = 0
    seen: str = ""


class Guest:
    """A running guest. Use as a context manager: it is killed on the way out."""

    def __init__(self, machine: Machine, log: str, live=None):
        self.machine = machine
        self.log_path = log
        self.live = live
        self.console = ""
        self.reason = ""  # why QEMU ended, in the words of its SHUTDOWN event
        self.process: subprocess.Popen | None = None
        self.started = 0.0

    def __enter__(self) -> "Guest":
        ours, theirs = socket.socketpair()
        fd = theirs.fileno()
        argv = self.machine.argv() + ["-S", "-serial", "stdio"]
        argv += ["-chardev", f"socket,id=qmp,fd={fd}", "-mon", "chardev=qmp,mode=control"]
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[fd],
            preexec_fn=die_with_parent,
            bufsize=0,
        )
        theirs.close()
        self.qmp = ours
        self.qmp_rest = b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ, self._read_console)
        self.selector.register(self.qmp, selectors.EVENT_READ, self._read_qmp)
        self.command("qmp_capabilities")
        return self

    def __exit__(self, *_exc) -> None:
        self.selector.close()
        self.qmp.close()
        self.process.kill()
        self.process.wait()
        self.log.close()

    def power_on(self) -> None:
        self.started = time.monotonic()
        self.command("cont")

    def command(self, name: str, /, **arguments) -> None:
        """Sends a command to QEMU's monitor; an answer that is an error ends the test."""
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        self.qmp.sendall(json.dumps(request).encode() + b"\n")

    def set_link(self, nic: int, up: bool) -> None:
        self.command("set_link", name=f"nic{nic}", up=up)

    def type(self, text: str) -> None:
        """Types @text at the guest's console."""
        self.process.stdin.write(text.encode())

    def elapsed(self) -> float:
        """Seconds since power-on."""
        return time.monotonic() - self.started

    def follow(self, limit_s: float, until: str = "", events: list[Event] = (), act=None) -> bool:
        """Reads the console until @until matches, or the guest has ended. Calls @act for each event that is due.

        Returns true then, false when @limit_s seconds after power-on have passed."""
        pending = [(event, event.after if not event.seen else None) for event in events]
        while True:
            pending = self._run_due(pending, act)
            if until and re.search(until, self.console, re.M):
                return True
            wait = limit_s * SLOW - self.elapsed()
            if wait <= 0:
                return False
            times = [due - self.elapsed() for _, due in pending if due is not None]
            for key, _ in self.selector.select(max(0, min([wait] + times))):
                key.data()
            if not self.selector.get_map() or self.process.stdout not in self.selector.get_map():
                self.process.wait()
                self._drain_qmp()
                return True

    def _run_due(self, pending, act):
        left = []
        for event, due in pending:
            if due is None and re.search(event.seen, self.console, re.M):
                due = self.elapsed() + event.after
            if due is not None and due <= self.elapsed():
                act(event)
            else:
                left.append((event, due))
        return left

    def _read_console(self) -> None:
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            self.selector.unregister(self.process.stdout)
            return
        self.log.write(data)
        self.log.flush()
        text = data.decode("utf-8", "replace").replace("\r", "")
        self.console += text
        if self.live:
            self.live(text)

    def _read_qmp(self) -> None:
        try:
            data = self.qmp.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.selector.unregister(self.qmp)
            return
        *lines, self.qmp_rest = (self.qmp_rest + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "error" in message:
                raise RigError(f"QEMU: {message['error']['desc']}")
            if message.get("event") == "SHUTDOWN":
                self.reason = message["data"]["reason"]

    def _drain_qmp(self) -> None:
        while self.qmp in self.selector.get_map():
            self._read_qmp()


def run_interactive(machine: Machine) -> None:
    """Runs a guest with its console on this terminal until it is switched off (or Ctrl-A X ends it)."""
    argv = machine.argv() + ["-chardev", "stdio,id=terminal,mux=on,signal=off", "-serial", "chardev:terminal"]
    subprocess.run(argv + ["-mon", "chardev=terminal"], preexec_fn=die_with_parent, check=False)


def live_writer(stream=sys.stdout):
    """Returns a function that shows console text as it comes, without the escapes that move a terminal's cursor."""
    escape = re.compile(r"\x1b(\[[0-9;?!]*[A-Za-z]|[^\[])")
    rest = ""

    def write(text: str) -> None:
        nonlocal rest
        text = escape.sub("", rest + text)
        # An escape may come in two parts.
        cut = text.find("\x1b")
        rest = "" if cut < 0 or len(text) - cut > 16 else text[cut:]
        stream.write(text[: len(text) - len(rest)])
        stream.flush()

    return write
