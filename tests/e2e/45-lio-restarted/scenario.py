# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

WORK = """
dmesg | grep 'pinet: session 1: the connection was lost; logged in again'
! dmesg | grep -iE 'I/O error|remounting|EXT4-fs (error|warning)'
dd if=/dev/urandom of=/root/written bs=1M count=8 conv=fsync
sha256sum /root/written >/root/sum
echo 3 >/proc/sys/vm/drop_caches
sha256sum -c /root/sum
"""

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
