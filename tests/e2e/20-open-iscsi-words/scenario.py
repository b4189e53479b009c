# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="open-iscsi's words on the command line, an ACL by initiator name, boot server by DHCP option 66",
    quick=("bookworm", "trixie"),
    cmdline="iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}",
    dhcp=('dhcp-option=66,"{server}"',),
    acl="{initiator}",
    console=(r"pinet: eth0: {client}/24 from {server}", r"pinet: session \d+: {target} at {server}:3260"),
    checks=check.BY_PINET + (check.initiator_is("{initiator}"), check.status_shows("{target}", "{server}")),
)
