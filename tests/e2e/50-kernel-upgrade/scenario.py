# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, upgrade
from lib.scenario import Scenario

scenario = Scenario(
    title="apt installs a new kernel and removes the old one, with the files of both where the firmware finds them",
    ipxe=True,
    provisioned={},
    checks=check.BY_PINET + upgrade.CHECKS,
    **upgrade.STEPS,
)
