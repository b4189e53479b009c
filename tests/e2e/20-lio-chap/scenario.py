# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import MUTUAL_CHAP, Scenario

scenario = Scenario(
    title="LIO and mutual CHAP: each proves itself to the other, and again when iscsid takes over",
    suites=("bookworm",),
    lio=True,
    cmdline=(
        "pinet.server={server} pinet.portal={lio} pinet.target={target} pinet.initiator={initiator} pinet.login=native"
    ),
    **MUTUAL_CHAP,
    limit_s=240,
    console=(r"pinet: session 1: {target} at {lio}:3260 \(native, ",),
    silent=(r"correct-horse|target-side-secret",),
    checks=check.BY_PINET + (check.initiator_is("{initiator}"),),
)
