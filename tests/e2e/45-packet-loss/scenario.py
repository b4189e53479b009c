# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, outage

scenario = outage.bad_cable(
    "one frame in ten is lost, each way, from DHCP on: it boots, and what it writes and reads is right",
    suites=("bookworm",),
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    checks=check.BY_PINET + (check.work_done,),
)
