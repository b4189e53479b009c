# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="a login by iscsistart with CHAP: what iscsiadm shows of the session then, all of it",
    cmdline="pinet.server={server} pinet.target={target} pinet.initiator={initiator} pinet.login=iscsistart",
    installed={"/etc/pinet/chap.conf": "username = pi\npassword = correct-horse\n"},
    acl="{initiator}",
    chap=("pi", "correct-horse"),
    work=("iscsiadm -m session -P 3",),
    console=(r"pinet: session 1: {target} at {server}:3260 \(iscsistart, ",),
    checks=check.BY_PINET + (check.work_done, check.session_shown("20-session-iscsistart")),
)
