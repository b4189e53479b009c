# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet's words for everything",
    root="rootfstype=ext4",
    cmdline=(
        "pinet.portal={server}:3260,1 pinet.target={target} pinet.initiator={initiator} pinet.lun=1 pinet.net=eth0"
        " pinet.root=LABEL=writable pinet.firmware={server}:/srv/tftp/%m pinet.login=iscsistart pinet.timeout=60"
    ),
    acl="{initiator}",
    checks=check.BY_PINET + (check.initiator_is("{initiator}"),),
)
