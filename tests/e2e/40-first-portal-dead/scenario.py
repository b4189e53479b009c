# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="two portals, and nobody has the address of the first: the second",
    suites=("trixie",),
    limit_s=240,
    cmdline="pinet.server={server} pinet.portal=192.168.77.9 pinet.portal={server} pinet.target={target} pinet.login=native",
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, \d+ ms\)",),
    silent=(r"pinet: .*trying again",),
    checks=check.BY_PINET,
)
