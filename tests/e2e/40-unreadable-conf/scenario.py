# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet.conf cannot be read: says so instead of booting with half of its settings",
    initramfs={"/etc/pinet/pinet.conf/nothing": ""},
    cmdline="pinet.server={server} pinet.target={target}",
    outcome="shell",
    console=(r"pinet: .*/etc/pinet/pinet\.conf",),
    silent=(r"pinet: eth0",),
)
