# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, outage
from lib.scenario import Event, Scenario

WORK = "dmesg | grep 'pinet: session 1: the connection was lost; logged in again'\n" + outage.WRITE + outage.UNHARMED

scenario = Scenario(
    title="the server with LIO is switched off and on as the root is mounted: pinet logs in again, with digests",
    suites=("bookworm",),
    lio=True,
    cmdline=(
        "pinet.server={server} pinet.portal={lio} pinet.target={target} pinet.initiator={initiator} pinet.login=native"
        " pinet.node.conn[0].iscsi.HeaderDigest=CRC32C pinet.node.conn[0].iscsi.DataDigest=CRC32C"
    ),
    work=(WORK,),
    events=(
        Event("stop tgt", seen="Running /scripts/init-bottom"),
        Event("start tgt", seen="Running /scripts/init-bottom", after=2),
    ),
    limit_s=400,
    console=(r"pinet: session 1: {target} at {lio}:3260 \(native, ",),
    checks=check.BY_PINET + (check.work_done, check.initiator_is("{initiator}")),
)
