# SPDX-License-Identifier: GPL-2.0-or-later
"""Real TFTP servers over one directory, each on an address of its own in this network namespace."""

import os

from lib.proc import Daemon, RigError, run, wait_until
from pi.source import TransportError
from pi.tftp import Tftp

DNSMASQ = "192.168.77.1"
TFTPD = "192.168.77.2"


class Server:
    """A running server. @name is what its peculiar expectations are called after."""

    def __init__(self, name: str, address: str, argv: list[str], directory: str):
        self.name = name
        self.address = address
        self.log = os.path.join(directory, f"{name}.log")
        self.daemon = Daemon(argv, self.log)

    def start(self) -> None:
        self.daemon.start()
        wait_until(self.name, lambda: self._answers() or not self.daemon.running())
        if not self.daemon.running():
            with open(self.log, encoding="utf-8", errors="replace") as file:
                raise RigError(f"{self.name} ended at its start: {file.read()}")

    def _answers(self) -> bool:
        try:
            Tftp(self.address, file_timeout_s=0.2).exists("no-such-file")
        except TransportError:
            return False
        return True

    def stop(self) -> None:
        self.daemon.stop()


def real_servers(root: str, directory: str) -> list[Server]:
    """dnsmasq and tftpd-hpa serving @root, not started."""
    run("ip", "link", "set", "lo", "up")
    # in.tftpd resolves its address, which takes one that is not of the loopback interface.
    run("ip", "link", "add", "br0", "type", "bridge")
    for address in (DNSMASQ, TFTPD):
        run("ip", "address", "add", f"{address}/24", "dev", "br0")
    run("ip", "link", "set", "br0", "up")
    dnsmasq = ["dnsmasq", "--keep-in-foreground", "--log-facility=-", "--conf-file=/dev/null", "--port=0"]
    dnsmasq += [f"--listen-address={DNSMASQ}", "--bind-interfaces", "--user=root", "--pid-file="]
    dnsmasq += ["--enable-tftp", f"--tftp-root={root}"]
    tftpd = ["in.tftpd", "--foreground", "--listen", "--ipv4", "--address", f"{TFTPD}:69"]
    tftpd += ["--secure", "--user", "root", root]
    return [Server("dnsmasq", DNSMASQ, dnsmasq, directory), Server("tftpd-hpa", TFTPD, tftpd, directory)]
