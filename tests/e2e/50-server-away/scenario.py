# SPDX-License-Identifier: GPL-2.0-or-later
import re

from lib import check
from lib.scenario import Event, Scenario

FIRST = """
systemctl start pinet-sync.service
"""
# The rig stops the NFS server at the first mark and starts it again at the second.
AWAY = """
systemctl start pinet-good.service
echo '@@server: away' >/dev/console
while timeout 2 bash -c ': </dev/tcp/{server}/2049'; do sleep 0.2; done
echo loop >>/etc/initramfs-tools/modules
update-initramfs -u
pinet status --pending
[ -n "$(pinet status --pending)" ]
echo '@@server: back' >/dev/console
until timeout 2 bash -c ': </dev/tcp/{server}/2049'; do sleep 0.2; done
pinet sync --retry
[ -z "$(pinet status --pending)" ]
pinet generations
"""


def second_generation(run) -> str:
    """What was pending has become a generation."""
    return "" if re.search(r"^g000002-", run.facts["work"], re.M) else f"generations at the end:\n{run.facts['work']}"


scenario = Scenario(
    title="the NFS server is away during an update: the update ends well, the sync is pending and made up for",
    ipxe=True,
    servers={"dhcp": "dnsmasq"},
    whole_life=True,
    work=(FIRST, AWAY),
    boots=2,
    limit_s=900,
    events=(Event("stop nfs", seen="@@server: away"), Event("start nfs", seen="@@server: back")),
    checks=(check.root_on_lun, check.work_done, second_generation),
)
