# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

# The rig begins each outage after its mark, while files are written; more are written when it is over.
WORK = """
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
for outage in target:300 link:300 address:5; do
	began=$(now) before=$files
	echo "outage begins: ${outage%:*}" >/dev/console
	keep_writing 10
	[ $(($(now) - began)) -ge "${outage#*:}" ]
	echo "outage over: ${outage%:*}, after $(($(now) - began)) s, $((files - before)) files written" >/dev/console
	keep_writing 30
done
sync
echo 3 >/proc/sys/vm/drop_caches
sha256sum --quiet -c /root/sums
[ "$(wc -l </root/sums)" = $files ]
touch /root/still-writable
echo "$files files, $(dmesg | grep -c 'detected conn error') lost connections" >/dev/console
! dmesg | grep -iE 'I/O error|remounting|EXT4-fs (error|warning)'
"""

scenario = Scenario(
    title="5 min without target, 5 min without link, another MAC at the server's address: the root waits, nothing is lost",
    suites=("bookworm",),
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    work=(WORK,),
    events=(
        Event("stop tgt", seen="outage begins: target", after=2),
        Event("start tgt", seen="outage begins: target", after=302),
        Event("link 0 down", seen="outage begins: link", after=2),
        Event("link 0 up", seen="outage begins: link", after=302),
        Event("move server", seen="outage begins: address", after=2),
    ),
    limit_s=1200,
    console=(r"pinet: session 1: {target} at {server}:3260 \(native, ",),
    checks=check.BY_PINET + (check.work_done,),
)
