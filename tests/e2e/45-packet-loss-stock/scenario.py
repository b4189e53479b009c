# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, outage
from lib.scenario import STOCK_WORDS

scenario = outage.bad_cable(
    "Debian's own scripts, without pinet: one frame in ten is lost, each way, and they boot as well",
    suites=("bookworm",),
    stock=True,
    cmdline=STOCK_WORDS,
    acl="{initiator}",
    installed={"/usr/share/initramfs-tools/modules.d/test-adapter": "e1000\n"},
    checks=check.FROM_LUN + (check.work_done,),
)
