# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Nic, Scenario

scenario = Scenario(
    title="a USB network adapter, which appears seconds after the kernel has started",
    nics=(Nic(model="usb-net"),),
    cmdline="pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET,
)
