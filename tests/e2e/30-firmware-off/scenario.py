# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="firmware=off: the machine keeps what its fstab says",
    cmdline="pinet.server={server} pinet.target={target} pinet.firmware=off",
    checks=check.FROM_LUN + (check.firmware_vfat,),
)
