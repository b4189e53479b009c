# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="a malformed line in pinet.conf: names file and line",
    initramfs={"/etc/pinet/pinet.conf": "server = {server}\ntimeout = soon\n"},
    cmdline="pinet.target={target}",
    outcome="shell",
    console=(r"pinet: .*/etc/pinet/pinet\.conf.*2.*timeout.*soon",),
    silent=(r"pinet: eth0",),
)
