# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="a local disk with the same labels does not win over the LUN",
    quick=("trixie",),
    local_disk=True,
    cmdline="pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET,
)
