# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

scenario = Scenario(
    title="the target gets its disk only after the login: the client asks again and boots",
    down=("disk",),
    events=(Event("start disk", after=5, seen=r"pinet: session \d+:"),),
    cmdline="pinet.server={server} pinet.target={target}",
    console=(r"pinet: session \d+: {target}", r"pinet: root: LABEL=writable is /dev/sda2"),
    checks=check.BY_PINET,
)
