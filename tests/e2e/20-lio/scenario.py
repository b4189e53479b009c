# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="LIO in a server guest, one target for all initiators: the name of this one decides which disk it finds",
    suites=("bookworm",),
    lio=True,
    cmdline=(
        "pinet.server={server} pinet.portal={lio} pinet.target={target} pinet.initiator={initiator} pinet.login=native"
        " pinet.node.conn[0].iscsi.HeaderDigest=CRC32C pinet.node.conn[0].iscsi.DataDigest=CRC32C,None"
    ),
    limit_s=240,
    console=(r"pinet: session 1: {target} at {lio}:3260 \(native, ",),
    checks=check.BY_PINET + (check.initiator_is("{initiator}"),),
)
