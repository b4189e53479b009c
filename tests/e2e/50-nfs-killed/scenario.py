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
from lib.scenario import E2E, Scenario
from lib.servers import SERVER

sys.path.append(os.path.join(E2E, "../crash"))

import look  # noqa: E402

PORT = 7700
MEASURED = 6  # syncs that nobody disturbs come first
KILLS = 200
SYNC_S = 240  # within which a sync has to end: what the mount of the boot files gives a server that is away, and more

# The boot files of a Raspberry Pi, in a directory of their own. The rig is told of each sync, and answers each.
WORK = f"""
cat >/root/points <<'END'
boot=/boot/firmware/boot root=/root/client tree=/root/tree version=6.12.1+rpt-rpi-v8
mkdir -p $boot/overlays $root/etc $root/proc/sys/kernel $root/lib/modules/$version $tree/sbin $tree/lib/modules/$version
cp /etc/machine-id /etc/hostname $root/etc
echo $version >$root/proc/sys/kernel/osrelease
echo root=LABEL=writable pinet.server={{server}} >$root/proc/cmdline
touch $root/lib/modules/$version/modules.dep $root/lib/modules/$version/modules.builtin
touch $tree/sbin/pinet $tree/lib/modules/$version/modules.dep
printf 'arm_64bit=1\\nauto_initramfs=1\\n[pi4]\\ndtoverlay=vc4' >$boot/config.txt
cp $root/proc/cmdline $boot/cmdline.txt
for name in bcm2711-rpi-4-b.dtb overlays/README overlays/vc4.dtbo start4.elf fixup4.dat; do echo $name >$boot/$name; done

kernel()
{{
	head -c 56 /dev/zero
	printf ARMd
	printf 'Linux version %s (somebody@somewhere) #1\\n' $version
	head -c 150000 /dev/urandom
	printf '\\nset %s\\n' "$1"
}}

new_set()
{{
	kernel "$1" >/root/kernel8.img
	printf '\\nset %s\\n' "$1" >$tree/set
	head -c 50000 /dev/urandom >$tree/noise
	(cd $tree && find . | cpio --quiet -o -H newc) >/root/initramfs8
	for name in kernel8.img initramfs8; do
		cp /root/$name $boot/$name.new && mv $boot/$name.new $boot/$name || return 1
	done
}}

exec 3<>/dev/tcp/{{server}}/{PORT}
for number in $(seq 1 {MEASURED + KILLS + 1}); do
	new_set $number || new_set $number # a server that has just come back may have lost what was open
	echo "sync $number" >&3
	status=0
	timeout {SYNC_S} pinet sync --dir $boot --root $root || status=$?
	echo "ended $status $(sed -n 's/^result=//p' $root/var/lib/pinet/sync)" >&3
	read -r answer <&3
	[ "$answer" = ok ]
done
pinet generations --dir $boot --root $root
END
set +x
bash -eu /root/points
"""


class Killer:
    """Kills the NFS server while the client synchronizes, and looks at what the server's disk has afterwards."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.times: list[float] = []
        self.kills = self.failed = 0
        self.number = self.whole = 0  # the set of this sync; the last that a sync has taken
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
        except OSError as error:
            if not stop.is_set():
                self.problems.append(f"the client: {error}")
        # The servers that this thread has started end with it.
        stop.wait()

    def _one(self, run, connection: socket.socket, stream) -> bool:
        """One sync: whether there is another."""
        found = re.fullmatch(r"sync (\d+)\n", stream.readline())
        if not found:
            return False
        self.number = int(found[1])
        started = time.monotonic()
        kill = MEASURED < self.number <= MEASURED + KILLS
        if kill:
            limit = statistics.median(self.times)
            select.select([connection], [], [], self.random.uniform(0, limit))
            run.servers["nfs"].stop()
            run.servers["nfs"].start()
            self.kills += 1
        said = stream.readline()
        took = time.monotonic() - started
        if not kill:
            self.times.append(took)
        try:
            self._judge(run, said, kill)
        except look.Problem as problem:
            self.problems.append(f"sync {self.number}, {took:.1f} s: {problem}")
        stream.write("bad\n" if self.problems else "ok\n")
        return True

    def _judge(self, run, said: str, killed: bool) -> None:
        """What the client says of its sync, and what would boot."""
        if killed and said == "ended 1 pending\n":
            self.failed += 1
        else:
            look.need(said == "ended 0 ok\n", f"the client says {said!r}")
            self.whole = self.number
        look.generations(os.path.join(run.boot_files, "boot"))
        booted = look.boot_raspi(look.tree_source(run.boot_files))
        sets = {re.search(rb"\nset (\d+)\n", booted.files[name])[1] for name in ("kernel8.img", "initramfs8")}
        look.need(len(sets) == 1, f"kernel and initramfs of {booted.generation} are of the sets {sets}")
        number = int(sets.pop())
        # A sync may have done all there was to do and not have heard of it.
        look.need(number in (self.whole, self.number), f"set {number} would boot, after {self.whole}")
        self.whole = max(self.whole, number)


killer = Killer()


def one_generation(_run) -> str:
    """After each kill the simulated firmware found one generation, and the syncs went on."""
    print(f"{killer.kills} kills, {killer.failed} of the syncs were pending after it", flush=True)
    if killer.problems:
        return "; ".join(killer.problems)
    if killer.kills != KILLS or killer.whole != MEASURED + KILLS + 1:
        return f"{killer.kills} kills, the last set that was synchronized is {killer.whole}"
    return "" if killer.failed else "no kill has disturbed a sync"


scenario = Scenario(
    title=f"the NFS server is killed {KILLS} times while the client synchronizes: what boots is whole each time",
    ipxe=True,
    suites=("bookworm",),
    cmdline="pinet.server={server} pinet.target={target}",
    work=(WORK,),
    beside=killer,
    limit_s=2400,
    checks=(check.root_on_lun, check.work_done, one_generation),
)
