# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="a login by pinet itself with CHAP: iscsiadm shows the session as after one by iscsistart",
    cmdline="pinet.server={server} pinet.target={target} pinet.initiator={initiator} pinet.login=native",
    installed={"/etc/pinet/chap.conf": "username = pi\npassword = correct-horse\n"},
    acl="{initiator}",
    chap=("pi", "correct-horse"),
    work=("iscsiadm -m session -P 3",),
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, ",),
    checks=check.BY_PINET + (check.work_done, check.session_shown("20-session-iscsistart")),
)
