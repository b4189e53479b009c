# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios of shutdown share: the client ends in each way there is, and a unit writes a file when all other
units have stopped; it must be whole when the root is seen again."""

import hashlib
import os
import re

from . import check
from .facts import BEGIN, Facts
from .image import ROOT_OFFSET
from .proc import run as command
from .scenario import Scenario

_UNITS = {
    "/etc/systemd/system/umount.target.d/late.conf": "[Unit]\nWants=late.service\n",
    "/etc/systemd/system/late.service": "[Unit]\nDefaultDependencies=no\nAfter=umount.target shutdown.target\n"
    "Before=final.target systemd-soft-reboot.service\n[Service]\nType=oneshot\nExecStart=/usr/lib/pinet-test/late\n",
    "/usr/lib/pinet-test/late": "#!/bin/sh -e\nhead -c 1000000 /dev/urandom >/var/tmp/late\n"
    "sha256sum /var/tmp/late >/var/tmp/late.sum\ncut -d' ' -f1 /proc/uptime >/var/tmp/late.at\n",
}
_BEGIN = "cut -d' ' -f1 /proc/uptime >/var/tmp/begin.at\n"
_SEEN = """
sha256sum -c /var/tmp/late.sum
rm /var/tmp/late
awk '{ if (NR == 1) begin = $1; else print "@@shutdown: " $1 - begin " s from the request to the last unit, at " $1 " s" }' \\
	/var/tmp/begin.at /var/tmp/late.at
mountpoint /boot/firmware
systemctl is-active boot-firmware.mount pinet-lease.service
"""
_KEXEC = """
kexec -l /boot/vmlinuz-$(uname -r) --initrd=/boot/initrd.img-$(uname -r) --reuse-cmdline
echo kexec >/run/pinet-test-end
"""
# Where this systemd has it.
_SOFT = """
if [ -e /usr/lib/systemd/system/soft-reboot.target ]; then echo soft-reboot >/run/pinet-test-end; fi
"""


def each_end(run) -> str:
    """All four boots came to their end, and what each has left is there."""
    boots = [Facts(BEGIN + text) for text in run.console.split(BEGIN)[1:]]
    if len(boots) != 4 or not all(boot.complete for boot in boots):
        return f"{len(boots)} boots in place of four"
    for number, boot in enumerate(boots, start=1):
        if boot.status("work"):
            return f"boot {number}: {boot['work'][-2000:]}"
        if boot["failed"]:
            return f"boot {number}: failed units: {boot['failed']}"
    print("\n".join(re.findall(r"^@@(shutdown: .*)$", run.console, re.M)), flush=True)
    run.facts = boots[-1]
    return ""


def after_power_off(run) -> str:
    """The server's disk has what the last unit wrote before the client was off."""
    disk = f"{os.path.join(run.directory, 'lun.img')}?offset={ROOT_OFFSET}"
    late, said = os.path.join(run.directory, "late"), command("debugfs", "-R", "cat /var/tmp/late.sum", disk)
    command("debugfs", "-R", f"dump /var/tmp/late {late}", disk)
    with open(late, "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    return "" if found in said else f"{late} is not what was written"


def all_ends(title: str, *packages: str) -> Scenario:
    """Reboot, kexec, soft-reboot (or reboot) and power-off, with @packages."""
    return Scenario(
        title=title,
        packages=("kexec-tools", *packages),
        installed=_UNITS,
        cmdline="pinet.server={server} pinet.target={target}",
        work=(_BEGIN, _SEEN + _KEXEC + _BEGIN, _SEEN + _SOFT + _BEGIN, _SEEN),
        boots=3,
        limit_s=600,
        checks=(each_end, after_power_off) + check.BY_PINET,
    )
