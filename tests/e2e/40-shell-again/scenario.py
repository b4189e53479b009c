# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

scenario = Scenario(
    title="a shell when the time is over; the server is mended, the user leaves the shell: boots",
    quick=("trixie",),
    down=("tgt",),
    events=(
        Event("start tgt", seen=r"^\(initramfs\) "),
        Event("type pinet status", seen=r"^\(initramfs\) ", after=1),
        Event("type exit", seen=r"^\(initramfs\) ", after=4),
    ),
    cmdline="pinet.server={server} pinet.target={target} pinet.timeout=10",
    console=(r"pinet: given up after 10 s: .*{server}.*3260",),
    checks=check.BY_PINET,
)
