# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, upgrade
from lib.scenario import Scenario

scenario = Scenario(
    title="apt installs a new kernel and removes the old one, with the files of both where the firmware finds them",
    ipxe=True,
    servers={"dhcp": "dnsmasq"},
    whole_life=True,
    checks=check.BY_PINET + upgrade.CHECKS,
    **upgrade.STEPS,
)
