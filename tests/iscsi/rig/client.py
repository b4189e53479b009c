# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs under test, and what a test may expect of them."""

import os
import re
import resource
import subprocess
import tempfile

MEMORY_LIMIT = 32 << 20  # of addresses: a target that sends much does not make us take as much
LOGIN_S = 60  # on a busy machine
TIME_LIMIT_S = 90


class Failure(Exception):
    """A test does not hold: what was expected, and what came."""


class Client:
    """Runs the agent and the program that only logs in."""

    def __init__(self, pinet: str, dial: str):
        self.pinet, self.dial = os.path.abspath(pinet), os.path.abspath(dial)

    def _run(self, *argv: str) -> tuple[int, str]:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIME_LIMIT_S,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT)),
            check=False,
        )
        return done.returncode, done.stdout.decode("ascii")

    def login(self, portal: str, target: str, *rest: str, seconds: int = LOGIN_S) -> str:
        """Logs in, for which there are @seconds, and out; the output, without the time."""
        status, text = self._run(self.dial, str(seconds), portal, "iqn.2025-02.dev.example:client", target, *rest)
        if status not in (0, 1):
            raise Failure(f"dial ends with status {status}: {text}")
        return re.sub(r"^\d+ us\n", "", text, flags=re.M)

    def discover(self, portal: str, words: str = "", mac: str = "52:54:00:77:00:01") -> str:
        """What pinet discover prints, errors included."""
        with tempfile.NamedTemporaryFile("w") as cmdline:
            cmdline.write(words + "\n")
            cmdline.flush()
            status, text = self._run(
                self.pinet,
                *("discover", "--cmdline", cmdline.name, "--conf", "/dev/null", "--mac", mac, portal),
            )
        if status not in (0, 1):
            raise Failure(f"pinet discover ends with status {status}: {text}")
        return text


def expect(text: str, *patterns: str) -> None:
    """Each of the regular expressions is found in @text."""
    for pattern in patterns:
        if not re.search(pattern, text, re.M):
            raise Failure(f"expected {pattern}\ngot: {text.rstrip()}")
