# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="the wrong CHAP secret: says that the login was refused, and never shows the secret",
    cmdline=(
        "iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}"
        " iscsi_username=pi iscsi_password=wrong-horse-shoe pinet.timeout=15"
    ),
    acl="{initiator}",
    chap=("pi", "correct-horse"),
    outcome="shell",
    console=(r"pinet: .*{server}.*(CHAP|authenticat|refused)",),
    silent=(r"pinet: .*wrong-horse-shoe",),
)
