# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="41 targets, shown only to who proves itself by CHAP: the one with this machine's id in its name is taken",
    suites=("bookworm",),
    cmdline=(
        "iscsi_initiator={initiator} iscsi_target_ip={server} iscsi_username=pi iscsi_password=correct-horse"
        " pinet.login=native"
    ),
    acl="{initiator}",
    chap_discovery=("pi", "correct-horse"),
    others=40,
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, ",),
    silent=(r"pinet: .*correct-horse",),
    checks=check.BY_PINET,
)
