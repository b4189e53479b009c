# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet=off: open-iscsi's own scripts boot, as if the package were not there",
    cmdline="pinet=off ip=dhcp iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}",
    acl="{initiator}",
    silent=(r"pinet: ",),
    checks=check.FROM_LUN + (check.initiator_is("{initiator}"), check.untouched),
)
