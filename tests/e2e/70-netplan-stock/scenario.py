# SPDX-License-Identifier: GPL-2.0-or-later
from lib.manager import stock
from lib.managers import NETPLAN

scenario = stock(
    "Debian's own scripts, without pinet: netplan takes the root's address, and a reboot hangs without its root",
    NETPLAN,
    r"^@@stock its manager installed: .* [1-9]\d* addresses and [1-9]\d* routes taken away",
    r"Failed to execute shutdown binary",
    suites=("bookworm",),
    outcome="hangs",
)
