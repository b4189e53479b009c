# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="udev renames the adapter while the agent looks for one",
    cmdline="net.ifnames=1 pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET + (check.address_is("{client}/24", "enp0s2"),),
)
