# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

scenario = Scenario(
    title="the target goes away for 40 s under the running system: iscsid logs in again, nothing is lost",
    suites=("bookworm",),
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    work=(
        "echo outage begins >/dev/console\n"
        "sleep 10\n"
        "dd if=/dev/urandom of=/root/written bs=1M count=4 conv=fsync\n"
        "sha256sum /root/written >/root/sum\n"
        "echo 3 >/proc/sys/vm/drop_caches\n"
        "sha256sum -c /root/sum\n"
        "! dmesg | grep -i 'I/O error'\n",
    ),
    events=(Event("stop tgt", seen="outage begins", after=2), Event("start tgt", seen="outage begins", after=42)),
    limit_s=240,
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, \d+ ms\)",),
    checks=check.BY_PINET + (check.work_done,),
)
