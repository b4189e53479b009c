# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import MUTUAL_CHAP, Scenario

scenario = Scenario(
    title="mutual CHAP from chap.conf: each proves itself to the other, and again when iscsid takes over",
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    **MUTUAL_CHAP,
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, ",),
    silent=(r"correct-horse|target-side-secret", r"pinet: .*world|pinet: .*every user"),
    checks=check.BY_PINET,
)
