# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="one word, the server: its only target is found, and logged in to by pinet itself",
    quick=("bookworm",),
    cmdline="pinet.server={server} pinet.login=native",
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, \d+ ms\)",),
    checks=check.BY_PINET,
)
