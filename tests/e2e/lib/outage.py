# SPDX-License-Identifier: GPL-2.0-or-later
"""Outages while a client writes to its root: the same ones for a client of pinet and for one with Debian's own
scripts."""

from .guest import Event
from .scenario import Nic, Scenario

# Each begins when the client says so, while it writes.
EVENTS = (
    Event("stop tgt", seen="outage begins: target", after=2),
    Event("start tgt", seen="outage begins: target", after=302),
    Event("link 0 down", seen="outage begins: link", after=2),
    Event("link 0 up", seen="outage begins: link", after=302),
    Event("move server", seen="outage begins: address", after=2),
)
# The kernel has nothing bad to say about the root.
UNHARMED = "if dmesg | grep -iE 'I/O error|remounting|EXT4-fs (error|warning)'; then exit 1; fi\n"
WRITE = """
dd if=/dev/urandom of=/root/written bs=1M count=8 conv=fsync
sha256sum /root/written >/root/sum
echo 3 >/proc/sys/vm/drop_caches
sha256sum -c /root/sum
touch /root/still-writable
"""

# survive OUTAGE SECONDS: writes files from before the outage until after it, which takes so long at least.
SURVIVE = """
set +x
files=0
now() { cut -d. -f1 /proc/uptime; }
keep_writing()
{
	local end
	end=$(($(now) + $1))
	while [ "$(now)" -lt "$end" ]; do
		files=$((files + 1))
		dd if=/dev/urandom of=/root/written-$files bs=64k count=16 conv=fsync status=none
		sha256sum /root/written-$files >>/root/sums
	done
}
survive()
{
	local began before
	began=$(now) before=$files
	echo "outage begins: $1" >/dev/console
	keep_writing 10
	[ $(($(now) - began)) -ge "$2" ]
	echo "outage over: $1, after $(($(now) - began)) s, $((files - before)) files written" >/dev/console
	keep_writing 30
}
"""
# All that was written is there.
SURVIVED = (
    """
sync
echo 3 >/proc/sys/vm/drop_caches
sha256sum --quiet -c /root/sums
[ "$(wc -l </root/sums)" = $files ]
touch /root/still-writable
echo "$files files, $(dmesg | grep -c 'detected conn error') lost connections" >/dev/console
"""
    + UNHARMED
)

# lose OUTAGE: writes until that fails. "over OUTAGE": writes again when the rig says that the outage is over. "end KEY":
# ends by that key of sysrq. The kernel's console keeps silent where it only repeats itself.
LOSE = """
set +x
lose()
{
	local began up
	sync
	echo 4 >/proc/sys/kernel/printk
	read -r began _ </proc/uptime
	echo "outage begins: $1" >/dev/console
	while dd if=/dev/urandom of=/root/lost bs=64k count=16 conv=fsync status=none; do :; done
	read -r up _ </proc/uptime
	echo "$1: writing fails after $((${up%.*} - ${began%.*})) s" >/dev/console
}
over()
{
	local now="fails still"
	read -r _ </dev/console
	echo 1 >/proc/sys/kernel/printk
	if dd if=/dev/urandom of=/root/back bs=64k count=16 conv=fsync status=none; then
		now="works again"
	fi
	echo "$1: over, writing $now" >/dev/console
}
end()
{
	echo "$1" >/proc/sysrq-trigger
	read -r _ </dev/console
}
"""
OVER = Event("type over", seen="outage begins: link", after=330)


def bad_cable(title: str, **rest) -> Scenario:
    """One frame in ten is lost each way from power-on, and the client writes and reads."""
    return Scenario(
        title=title,
        nics=(Nic(model="e1000", loss_percent=10),),
        work=(WRITE + UNHARMED,),
        limit_s=900,
        **rest,
    )
