# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet.conf alone, built into the initramfs by the package's hook, and a quiet console",
    quick=("bookworm",),
    installed={"/etc/pinet/pinet.conf": "server = {server}\ntarget = iqn.2025-02.dev.example:root:%m\n"},
    cmdline="quiet",
    silent=(r"pinet: ",),
    checks=check.BY_PINET + (check.initiator_is("iqn.1993-08.org.debian:01:{mac}"),),
)
