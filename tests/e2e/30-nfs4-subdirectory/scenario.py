# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="a static portal, no DHCP option, and a sub-directory of an exported root over NFSv4",

    cmdline="pinet.portal={server} pinet.target={target} pinet.firmware={server}:/srv/tftp/{mac}",
    export="/srv/tftp",
    nfs=(4,),
    checks=check.BY_PINET + (check.nfs_best,),
)
