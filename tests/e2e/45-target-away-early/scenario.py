# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check, outage
from lib.scenario import MUTUAL_CHAP, Event, Scenario

# The process from the initramfs ends when iscsid is there.
WORK = """
dmesg | grep 'pinet: session 1: '
dmesg | grep 'pinet: session 1: the connection was lost; logged in again'
for try in 1 2 3 4 5; do
	ls -l /proc/[0-9]*/exe 2>/dev/null | grep 'pinet (deleted)' || break
	[ $try != 5 ]
	sleep 1
done
"""

scenario = Scenario(
    title="the target goes away twice between the mount of the root and iscsid: pinet logs in again, by mutual CHAP",
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    **MUTUAL_CHAP,
    work=(WORK + outage.UNHARMED,),
    events=(
        Event("stop tgt", seen="Running /scripts/init-bottom"),
        Event("start tgt", seen="Running /scripts/init-bottom", after=15),
        Event("stop tgt", seen="Running /scripts/init-bottom", after=20),
        Event("start tgt", seen="Running /scripts/init-bottom", after=45),
    ),
    limit_s=240,
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, ",),
    checks=check.BY_PINET + (check.work_done,),
)
