# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Nic, Scenario

scenario = Scenario(
    title="one frame in ten is lost, each way, from DHCP on: it boots, and what it writes and reads is right",
    suites=("bookworm",),
    nics=(Nic(model="e1000", loss_percent=10),),
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    work=(
        "dd if=/dev/urandom of=/root/written bs=1M count=8 conv=fsync\n"
        "sha256sum /root/written >/root/sum\n"
        "echo 3 >/proc/sys/vm/drop_caches\n"
        "sha256sum -c /root/sum\n"
        "touch /root/still-writable\n"
        "! dmesg | grep -iE 'I/O error|remounting|EXT4-fs (error|warning)'\n",
    ),
    limit_s=900,
    checks=check.BY_PINET + (check.work_done,),
)
