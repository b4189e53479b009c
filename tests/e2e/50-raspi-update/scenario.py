# SPDX-License-Identifier: GPL-2.0-or-later
import re

from lib import check
from lib.scenario import Scenario

FIRST = """
systemctl start pinet-sync.service
pinet generations
"""
# Debian's raspi-firmware copies the new initramfs over the old one and writes cmdline.txt and config.txt anew: its own words
# only, so that the console has to be among them.
UPDATE = """
grep -o 'pinet.generation=g000001-[^ ]*' /proc/cmdline
systemctl start pinet-good.service
echo loop >>/etc/initramfs-tools/modules
echo 'CONSOLES="ttyAMA0"' >>/etc/default/raspi-firmware
echo 'quiet systemd.mask=serial-getty@ttyAMA0.service' >/etc/default/raspi-extra-cmdline
update-initramfs -u
cat /boot/firmware/config.txt /boot/firmware/cmdline.txt
pinet generations
"""
AGAIN = """
grep -o 'pinet.generation=g000002-[^ ]*' /proc/cmdline
grep -ow quiet /proc/cmdline
systemctl start pinet-good.service
pinet generations
"""


def second_is_good(run) -> str:
    """The client runs the generation with the new initramfs, which it has marked good."""
    work = run.facts["work"]
    return "" if re.search(r"^g000002-\S+\s+good\b", work, re.M) else f"generations at the end:\n{work}"


scenario = Scenario(
    title="a Raspberry Pi whose raspi-firmware writes initramfs, config.txt and cmdline.txt anew",
    pi="pi4",
    work=(FIRST, UPDATE, AGAIN),
    boots=3,
    limit_s=900,
    checks=check.BY_PINET + (check.work_done, second_is_good),
)
