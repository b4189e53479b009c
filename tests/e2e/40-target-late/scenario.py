# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

scenario = Scenario(
    title="the target is down for 30 s and then up: boots",
    quick=("bookworm",),
    down=("tgt",),
    events=(Event("start tgt", after=30, seen=r"pinet: .*{server}"),),
    cmdline="pinet.server={server} pinet.target={target}",
    console=(r"pinet: {server} refuses connections to port 3260.*trying again in",),
    checks=check.BY_PINET,
)
