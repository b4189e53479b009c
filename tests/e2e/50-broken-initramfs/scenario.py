# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

FIRST = """
systemctl start pinet-sync.service
"""
# The new initramfs finds the root, and then the kernel crashes.
BREAK = """
systemctl start pinet-good.service
printf '#!/bin/sh\\n[ "$1" = prereqs ] || echo c >/proc/sysrq-trigger\\n' >/etc/initramfs-tools/scripts/init-bottom/crash
chmod +x /etc/initramfs-tools/scripts/init-bottom/crash
update-initramfs -u
pinet generations
"""
AGAIN = """
pinet generations
"""


def crashed(run) -> str:
    """Three boots crashed."""
    crashes = sum("sysrq: Trigger a crash" in console or "Kernel panic" in console for console in run.consoles)
    return "" if crashes == 3 else f"{crashes} crashes"


scenario = Scenario(
    title="a new initramfs that crashes: after three boots the client goes back by itself",
    ipxe=True,
    servers={"dhcp": "dnsmasq"},
    cmdline="panic=1",
    work=(FIRST, BREAK, AGAIN),
    boots=9,
    limit_s=900,
    console=(r"pinet: generation g000002-\S+ has not come up in 3 boots; g000001-\S+ is active again",),
    checks=check.BY_PINET + (check.work_done, check.back_on_the_first, crashed),
)
