# SPDX-License-Identifier: GPL-2.0-or-later
from lib.scenario import Event, Scenario

# What comes after the outage may use no program: none can be read from a root that is gone.
WORK = """
echo 4 >/proc/sys/kernel/printk
echo "outage begins" >/dev/console
while dd if=/dev/urandom of=/root/written bs=64k count=16 conv=fsync status=none; do :; done
read -r up _ </proc/uptime
echo "writing to the root has failed, up for $up s" >/dev/console
echo o >/proc/sysrq-trigger
read -r _ </dev/console
"""

scenario = Scenario(
    title="Debian's own scripts, without pinet: the target is away for 2 min, and the root fails",
    suites=("bookworm",),
    stock=True,
    cmdline="ip=dhcp iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}",
    acl="{initiator}",
    work=(WORK,),
    events=(Event("stop tgt", seen="outage begins", after=2),),
    outcome="powers-off",
    limit_s=400,
    console=(r"I/O error, dev sd[a-z]", r"writing to the root has failed"),
)
