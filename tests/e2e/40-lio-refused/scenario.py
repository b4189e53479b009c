# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="LIO has no access list for this initiator: says so with its name",
    suites=("bookworm",),
    lio=True,
    cmdline="pinet.server={server} pinet.portal={lio} pinet.target={target} pinet.timeout=15 pinet.login=native",
    outcome="shell",
    limit_s=240,
    console=(
        r"pinet: given up after 15 s: the target {lio}:3260 does not accept initiator"
        r" iqn\.1993-08\.org\.debian:01:{mac} for {target}: its access list",
    ),
    silent=(r"pinet: session",),
)
