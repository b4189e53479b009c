# SPDX-License-Identifier: GPL-2.0-or-later
import re

from lib import check
from lib.ends import end_times
from lib.scenario import Event, Scenario

# The rig stops the NFS server at the first mark, starts it again at the second, and stops it when the client ends.
WORK = """
set +x
now() { cut -d. -f1 /proc/uptime; }
answers() { timeout 2 bash -c ': </dev/tcp/{server}/2049'; }
# takes SECONDS COMMAND...: at most so long; what it said is in /run/said.COMMAND, how long it took on the console.
takes()
{
	local limit=$1 from status=0
	shift
	from=$(now)
	"$@" >"/run/said.$1" 2>&1 || status=$?
	echo "@@away: $*: status $status after $(($(now) - from)) s" >/dev/console
	[ $(($(now) - from)) -lt "$limit" ]
}
says() { grep "$1" /run/said.pinet || { cat /run/said.*; exit 1; }; }
mountpoint /boot/firmware
until pinet generations | grep -q '^g000001-.*active'; do sleep 2; done
mkdir /boot/firmware/below
echo kept >/boot/firmware/below/kept
echo '@@server: stop' >/dev/console
while answers; do sleep 0.2; done
gone=$(now)
takes 300 df &
waited=$!
# What knows nothing of servers: a file that is cached, one that is not, and a new one.
for command in "ls -lR /boot/firmware" "grep kept /boot/firmware/below/kept" \\
	"dd if=/dev/zero of=/boot/firmware/zero bs=4k count=1 conv=fsync"; do
	takes 300 $command &
	waited="$waited $!"
done
for round in 1 2; do
	takes 60 pinet status
	says 'server is away: {server} refuses connections to port 2049'
	takes 90 pinet doctor
	says '^FAIL  nfs '
	takes 60 pinet sync --defer
	takes 60 pinet generations
	says 'generations: the boot files at /boot/firmware cannot be reached'
	takes 60 systemctl start pinet-retry.service
	pinet status --pending >/run/said.pinet
	says 'wait to be synchronized since .* refuses connections to port 2049'
	# Until the kernel's lease has ended, too.
	[ $round = 2 ] || sleep 180
done
while [ "$(now)" -lt $((gone + 600)) ]; do
	dd if=/dev/urandom of=/var/tmp/load bs=64k count=16 conv=fsync
	sleep 2
done
for pid in $waited; do wait "$pid"; done
systemctl is-active boot-firmware.mount
[ -z "$(systemctl --failed --no-legend)" ]
echo '@@server: start' >/dev/console
until answers; do sleep 0.2; done
back=$(now)
until timeout 60 dd if=/dev/zero of=/boot/firmware/zero bs=4k count=1 conv=fsync; do sleep 1; done
echo "@@away: written $(($(now) - back)) s after the server was back" >/dev/console
grep kept /boot/firmware/below/kept
takes 60 df
takes 60 systemctl start pinet-retry.service
[ -z "$(pinet status --pending)" ]
pinet generations | grep '^g000001-.*active'
"""
WITHOUT = """
grep mounted=0 /run/pinet/firmware
timeout 60 df
timeout 60 pinet status
"""


def told(run) -> str:
    """Prints what the client has told of the time without the server."""
    print("\n".join(re.findall(r"^@@(away: .*)$", run.console, re.M)), flush=True)
    return ""


scenario = Scenario(
    title="the NFS server is away for 10 minutes, at shutdown and at boot: nothing waits for it longer than it must",
    suites=("bookworm",),
    cmdline="pinet.server={server} pinet.target={target}",
    work=(WORK, WITHOUT),
    boots=2,
    events=(
        Event("stop nfs", seen="^@@server: stop"),
        Event("start nfs", seen="^@@server: start"),
        Event("stop nfs", seen="^@@end reboot"),
    ),
    limit_s=1300,
    checks=(told, end_times) + check.FROM_LUN + (check.work_done, check.no_firmware),
)
