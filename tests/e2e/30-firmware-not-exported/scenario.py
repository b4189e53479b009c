# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="the server does not export the client's directory: the client boots without it and names the path",
    export="/srv/elsewhere",
    cmdline="pinet.server={server} pinet.target={target}",
    console=(r"pinet: firmware: .*/srv/tftp/{mac}.*booting without /boot/firmware",),
    checks=check.FROM_LUN + (check.no_firmware,),
)
