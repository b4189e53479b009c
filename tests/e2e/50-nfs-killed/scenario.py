# SPDX-License-Identifier: GPL-2.0-or-later
import os
import random
import re
import select
import socket
import statistics
import sys
import threading
import time
from contextlib import contextmanager

from lib import check
from lib.proc import RigError
from lib.scenario import E2E, Scenario
from lib.servers import SERVER

sys.path.append(os.path.join(E2E, "../crash"))

import look  # noqa: E402

PORT = 7700
LANES = 4  # directories, of as many clients, that are synchronized side by side: a kill meets each at another point
MEASURED = 4  # rounds that nobody disturbs come first
KILLS = 50
SYNC_S = 240  # within which a sync has to end: what the mount of the boot files gives a server that is away, and more

# The boot files of Raspberry Pis, each in a directory of its own. A set has a new device tree, which is large enough to
# be read back while it is written, and a new overlay. The rig is told of each round, and answers each.
WORK = f"""
cat >/root/points <<'END'
version=6.12.1+rpt-rpi-v8
mkdir -p /root/tree/sbin /root/tree/lib/modules/$version
touch /root/tree/sbin/pinet /root/tree/lib/modules/$version/modules.dep
(cd /root/tree && find . | cpio --quiet -o -H newc | gzip -n) >/root/initramfs8
{{
	head -c 56 /dev/zero
	printf ARMd
	head -c 5000 /dev/zero
	printf 'Linux version %s (somebody@somewhere) #1\\n' $version
	head -c 5000 /dev/zero
}} >/root/kernel8.img
for lane in $(seq {LANES}); do
	boot=/boot/firmware/boot$lane/boot root=/root/client$lane
	mkdir -p $boot/overlays $root/etc $root/proc/sys/kernel $root/lib/modules/$version
	cp /etc/machine-id /etc/hostname $root/etc
	echo $version >$root/proc/sys/kernel/osrelease
	echo root=LABEL=writable pinet.server={{server}} >$root/proc/cmdline
	touch $root/lib/modules/$version/modules.dep $root/lib/modules/$version/modules.builtin
	printf 'arm_64bit=1\nauto_initramfs=1\n[pi4]\ndtoverlay=vc4' >$boot/config.txt
	cp $root/proc/cmdline $boot/cmdline.txt
	for name in overlays/README start4.elf fixup4.dat; do echo $name >$boot/$name; done
	cp /root/kernel8.img /root/initramfs8 $boot
done

# new_set LANE: what is in /root goes to the top of the directory.
new_set()
{{
	local top=/boot/firmware/boot$1/boot
	cp /root/dtb $top/new && mv $top/new $top/bcm2711-rpi-4-b.dtb || return 1
	cp /root/dtbo $top/new && mv $top/new $top/overlays/vc4.dtbo
}}

new_sets()
{{
	local lane
	{{ head -c 1100000 /dev/urandom; printf '\nset %s\n' "$1"; }} >/root/dtb
	tail -c 5000 /root/dtb >/root/dtbo
	for lane in $(seq {LANES}); do
		new_set $lane || new_set $lane # a server that is just back may not know a file that was open
	done
}}

# sync_lane LANE: leaves its exit status and the state.
sync_lane()
{{
	local status=0 root=/root/client$1
	sleep 0.$((RANDOM % 10))
	timeout {SYNC_S} pinet sync --dir /boot/firmware/boot$1/boot --root $root || status=$?
	echo $status $(sed -n 's/^result=//p' $root/var/lib/pinet/sync) >/root/ended$1
}}

exec 3<>/dev/tcp/{{server}}/{PORT}
for number in $(seq {MEASURED + KILLS + 1}); do
	new_sets $number
	echo "sync $number" >&3
	for lane in $(seq {LANES}); do sync_lane $lane & done
	wait
	echo "ended $(cat /root/ended? | paste -sd ,)" >&3
	read -r answer <&3
	[ "$answer" = ok ]
done
pinet generations --dir /boot/firmware/boot1/boot --root /root/client1
END
set +x
bash -eu /root/points
"""


class Killer:
    """Kills the NFS server while the client synchronizes, and looks at what the server's disk has afterwards."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.times: list[float] = []
        self.kills = self.inside = self.failed = 0  # kills; those before a round had ended; syncs that failed
        self.number = 0  # the set of this round
        self.whole = [0] * (LANES + 1)  # the last that a sync has taken, by lanes
        self.random = random.Random(1)

    @contextmanager
    def __call__(self, run):
        """Serves the client of @run, in a thread of its own, until it is switched off."""
        self.__init__()
        stop = threading.Event()
        with socket.create_server((SERVER, PORT)) as listener:
            thread = threading.Thread(target=self._serve, args=(run, listener, stop))
            thread.start()
            try:
                yield
            finally:
                stop.set()
                listener.shutdown(socket.SHUT_RDWR)
                thread.join()

    def _serve(self, run, listener: socket.socket, stop: threading.Event) -> None:
        try:
            connection, _address = listener.accept()
            with connection, connection.makefile("rw", buffering=1) as stream:
                while self._one(run, connection, stream):
                    pass
        except (OSError, RigError) as error:
            if not stop.is_set():
                self.problems.append(f"the client: {error}")
        # The servers that this thread has started end with it.
        stop.wait()

    def _one(self, run, connection: socket.socket, stream) -> bool:
        """One round: whether there is another."""
        found = re.fullmatch(r"sync (\d+)\n", stream.readline())
        if not found:
            return False
        self.number = int(found[1])
        started = time.monotonic()
        kill = MEASURED < self.number <= MEASURED + KILLS
        if kill:
            limit = statistics.median(self.times)
            ended, _, _ = select.select([connection], [], [], self.random.uniform(0, limit))
            self.inside += not ended
            run.servers["nfs"].stop()
            run.servers["nfs"].start()
            self.kills += 1
        said = stream.readline()
        took = time.monotonic() - started
        if not kill:
            self.times.append(took)
        try:
            found = re.fullmatch(r"ended ((?:\d+ \w+,?)+)\n", said)
            look.need(found is not None, f"the client says {said!r}")
            for lane, ended in enumerate(found[1].split(","), start=1):
                self._judge(os.path.join(run.boot_files, f"boot{lane}"), lane, ended, kill)
        except look.Problem as problem:
            self.problems.append(f"round {self.number}, {took:.1f} s: {problem}")
        stream.write("bad\n" if self.problems else "ok\n")
        return True

    def _judge(self, work: str, lane: int, ended: str, killed: bool) -> None:
        """What the client says of a sync, and what would boot."""
        if killed and ended == "1 pending":
            self.failed += 1
        else:
            look.need(ended == "0 ok", f"sync {lane} ended with {ended}")
            self.whole[lane] = self.number
        look.generations(os.path.join(work, "boot"))
        booted = look.boot_raspi(look.tree_source(work))
        sets = set()
        for name in ("bcm2711-rpi-4-b.dtb", "overlays/vc4.dtbo"):
            found = re.search(rb"\nset (\d+)\n", booted.files[name])
            look.need(found is not None, f"{name} of {booted.generation} is of no set")
            sets.add(found[1])
        look.need(len(sets) == 1, f"device tree and overlay of {booted.generation} are of the sets {sets}")
        number = int(sets.pop())
        # A sync may have done all there was to do and not have heard of it.
        look.need(number in (self.whole[lane], self.number), f"set {number} would boot, after {self.whole[lane]}")
        self.whole[lane] = number


killer = Killer()


def one_generation(_run) -> str:
    """After each kill the simulated firmware found one generation, and the syncs went on."""
    print(f"{killer.kills} kills, {killer.inside} within {LANES} syncs each; {killer.failed} syncs pending", flush=True)
    if killer.problems:
        return "; ".join(killer.problems)
    if killer.kills != KILLS or set(killer.whole[1:]) != {MEASURED + KILLS + 1}:
        return f"{killer.kills} kills, the last sets that were synchronized are {killer.whole[1:]}"
    # The kernel sends again what a server has not answered: a sync need not notice.
    return "" if 2 * killer.inside > KILLS else f"only {killer.inside} kills came before the syncs had ended"


scenario = Scenario(
    title=f"the NFS server is killed at {KILLS * LANES} random points of a sync: what boots is whole each time",
    ipxe=True,
    suites=("bookworm",),
    servers={"dhcp": "dnsmasq"},
    work=(WORK,),
    beside=killer,
    limit_s=2400,
    checks=(check.root_on_lun, check.work_done, one_generation),
)
