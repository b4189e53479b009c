# SPDX-License-Identifier: GPL-2.0-or-later
"""Child processes that never outlive the test, and waiting with a deadline."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time

PR_SET_PDEATHSIG = 1
INSIDE = "PINET_E2E_INSIDE"
_libc = ctypes.CDLL(None, use_errno=True)


class RigError(Exception):
    """The rig itself cannot go on: one sentence for a person."""


def die_with_parent() -> None:
    """Between fork and exec: the kernel kills this child when the process that started it is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def run(*argv: str, input: str | None = None) -> str:
    """Runs @argv to its end and returns its output. Raises RigError with that output when it fails."""
    done = subprocess.run(
        argv,
        input=input,
        stdin=subprocess.DEVNULL if input is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RigError(f"{' '.join(argv)}: exit status {done.returncode}\n{done.stdout}")
    return done.stdout


def wait_until(what: str, ready, limit_s: float = 10) -> None:
    """Calls @ready until it returns true. Raises RigError naming @what after @limit_s seconds."""
    deadline = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > deadline:
            raise RigError(f"{what} is not ready after {limit_s:.0f} s")
        time.sleep(0.02)


def port_open(address: str, port: int) -> bool:
    """True when a TCP connection to @address @port is accepted."""
    with socket.socket() as sock:
        sock.settimeout(0.5)
        return sock.connect_ex((address, port)) == 0


class Daemon:
    """One server process in the foreground, with its output in a log file."""

    def __init__(self, argv: list[str], log: str):
        self.argv = argv
        self.log = log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent
            )

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Kills the process: tgtd ignores SIGTERM while it has targets, and a test server has nothing to save."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def enter_namespaces(before) -> None:
    """Starts this program again where it has its own network, mounts and processes, which the kernel takes down with
    it. @before is called where the network of this machine still is."""
    if os.environ.get(INSIDE):
        run("mount", "-t", "tmpfs", "tmpfs", "/run")
        return
    before()
    die_with_parent()
    os.environ[INSIDE] = "1"
    unshare = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    os.execvp("unshare", unshare + [sys.executable, *sys.argv])


def replace_file(path: str, text: str) -> None:
    """Writes @text to @path, whole or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)
