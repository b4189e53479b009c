# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="a malformed word: names it and its column, does not try again, and panic= is honoured",
    quick=("trixie",),
    cmdline="pinet.server={server} pinet.target={target} pinet.lun=first panic=5",
    outcome="reboots",
    console=(r"pinet: .*command line.*pinet\.lun.*first",),
    silent=(r"trying again", r"pinet: eth0"),
)
