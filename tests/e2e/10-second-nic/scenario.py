# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Nic, Scenario

scenario = Scenario(
    title="two adapters, and only the second one has a server on its cable",
    quick=("bookworm",),
    nics=(Nic("nobody"), Nic("lan")),
    cmdline="pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET + (check.address_is("{client}/24", "eth1"), check.no_address("eth0")),
)
