# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="CHAP with the words of open-iscsi: it works, with a warning that the command line is world-readable",
    cmdline=(
        "iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}"
        " iscsi_username=pi iscsi_password=correct-horse"
    ),
    acl="{initiator}",
    chap=("pi", "correct-horse"),
    console=(r"pinet: session 1: .*\(native, ",),
    silent=(r"pinet: .*correct-horse",),
    checks=check.BY_PINET,
)
