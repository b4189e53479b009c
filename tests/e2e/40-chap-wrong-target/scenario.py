# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Scenario

scenario = Scenario(
    title="mutual CHAP, and a target that does not know its own secret: nobody logs in to it",
    suites=("bookworm",),
    cmdline=(
        "iscsi_target_name={target} iscsi_target_ip={server} iscsi_username=pi iscsi_password=correct-horse"
        " iscsi_in_username=nas iscsi_in_password=target-side-wrong pinet.login=native pinet.timeout=15"
    ),
    chap=("pi", "correct-horse"),
    chap_back=("nas", "target-side-secret"),
    outcome="shell",
    console=(r"pinet: .*{server}:3260: the target does not know its CHAP secret",),
    silent=(r"pinet: .*target-side-wrong", r"pinet: session"),
)
