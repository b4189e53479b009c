# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Nic, Scenario

scenario = Scenario(
    title="BOOTIF= names the adapter the firmware booted from, though both get an address",
    nics=(Nic(), Nic()),
    add=("--address", "192.168.77.108"),
    cmdline="BOOTIF=01-52-54-00-77-00-02 pinet.server={server} pinet.target={target} pinet.id={mac}",
    checks=check.BY_PINET + (check.address_is("192.168.77.108/24", "eth1"), check.no_address("eth0")),
)
