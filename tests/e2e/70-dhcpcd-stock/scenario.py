# SPDX-License-Identifier: GPL-2.0-or-later
from lib.manager import never_renewed, stock
from lib.managers import DHCPCD

scenario = stock(
    "Debian's own scripts, without pinet: dhcpcd leaves the root's address alone, and nobody renews its lease",
    DHCPCD,
    r"^@@stock its lease over: 192\.168\.77\.107/24 for forever, +0 addresses and 0 routes taken away",
    suites=("bookworm",),
    checks=(never_renewed,),
)
