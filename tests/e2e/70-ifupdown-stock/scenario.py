# SPDX-License-Identifier: GPL-2.0-or-later
from lib.manager import stock
from lib.managers import IFUPDOWN

scenario = stock(
    "Debian's own scripts, without pinet: ifupdown takes the root's address, and a reboot hangs without its root",
    IFUPDOWN,
    r"^@@stock its manager started again: .* [1-9]\d* addresses and [1-9]\d* routes taken away",
    r"Failed to execute shutdown binary",
    suites=("bookworm",),
    outcome="hangs",
)
