# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="the root as partition 2 of the LUN, without a file system type on the command line",
    root="",
    cmdline="pinet.server={server} pinet.target={target} pinet.root=part:2",
    checks=check.BY_PINET,
)
