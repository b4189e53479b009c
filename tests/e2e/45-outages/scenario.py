# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, outage
from lib.scenario import Scenario

scenario = Scenario(
    title="5 min without target, 5 min without link, another MAC at the server's address: the root waits, nothing is lost",
    suites=("bookworm",),
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    journal=True,
    work=(outage.SURVIVE + "survive target 300\nsurvive link 300\nsurvive address 5\n" + outage.SURVIVED,),
    events=outage.EVENTS,
    limit_s=1200,
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, ",),
    checks=check.BY_PINET + (check.work_done,),
)
