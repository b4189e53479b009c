# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios of shutdown share: the client ends in each way there is, and a unit writes a file when all other
units have stopped; it must be whole when the root is seen again."""

import hashlib
import os
import re

from . import check
from .facts import BEGIN, Facts
from .image import ROOT_OFFSET
from .proc import run as command
from .scenario import Scenario

_UNITS = {
    "/etc/systemd/system/umount.target.d/late.conf": "[Unit]\nWants=late.service\n",
    "/etc/systemd/system/late.service": "[Unit]\nDefaultDependencies=no\nAfter=umount.target shutdown.target\n"
    "Before=final.target systemd-soft-reboot.service\n[Service]\nType=oneshot\nExecStart=/usr/lib/pinet-test/late\n",
    "/usr/lib/pinet-test/late": "#!/bin/sh -e\nhead -c 1000000 /dev/urandom >/var/tmp/late\n"
    "sha256sum /var/tmp/late >/var/tmp/late.sum\n",
}
_SEEN = """
sha256sum -c /var/tmp/late.sum
rm /var/tmp/late
mountpoint /boot/firmware
systemctl is-active boot-firmware.mount pinet-lease.service
"""
_KEXEC = """
kexec -l /boot/vmlinuz-$(uname -r) --initrd=/boot/initrd.img-$(uname -r) --command-line="$(cat /proc/cmdline) $words"
echo kexec >/run/pinet-test-end
"""
# The LUN's system goes on to the one of the local disk, which is otherwise the same.
_TO_LOCAL = f"""
words=pinet=off
if grep lun /etc/pinet-test-marker; then
{_KEXEC}
fi
"""
# Where this systemd has it.
_SOFT = """
if [ -e /usr/lib/systemd/system/soft-reboot.target ]; then echo soft-reboot >/run/pinet-test-end; fi
"""

# What finalrd does, which Debian does not have: systemd-shutdown(8) leaves the root for /run/initramfs, from where it can
# be unmounted.
_EXITRD = {
    "/etc/systemd/system/multi-user.target.d/exitrd.conf": "[Unit]\nWants=exitrd.service\n",
    "/etc/systemd/system/exitrd.service": "[Unit]\nDescription=Prepare to leave the root\n"
    "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/lib/pinet-test/exitrd\n",
    "/usr/lib/pinet-test/exitrd": """#!/bin/sh -e
mount -t tmpfs tmpfs /run/initramfs
unmkinitramfs /boot/initrd.img-$(uname -r) /run/initramfs
mkdir -p /run/initramfs/dev /run/initramfs/proc /run/initramfs/sys /run/initramfs/run /run/initramfs/oldroot
cp /usr/lib/pinet-test/exitrd-shutdown /run/initramfs/shutdown
""",
    "/usr/lib/pinet-test/exitrd-shutdown": """#!/bin/sh
for path in $(awk '$2 ~ /^.oldroot./ { print $2 }' /proc/mounts | sort -r); do umount "$path"; done
umount /oldroot && echo '@@left: the root is unmounted' >/dev/console
case $1 in
poweroff) poweroff -f ;;
*) reboot -f ;;
esac
""",
}


def end_times(run) -> str:
    """Prints how long each end took, from the request to the last line of the kernel, where that has one."""
    markers = re.findall(r"^@@ marker\n(.*)$", run.console, re.M)
    for marker, end in zip(markers, run.console.split("\n@@end ")[1:]):
        said = re.match(r"(\S+) at ([\d.]+) s\n.*?\[ *([\d.]+)\] reboot: ", end.partition(BEGIN)[0], re.S)
        if said:
            print(f"{said[1]} of the {marker}: {float(said[3]) - float(said[2]):.1f} s", flush=True)
    return ""


def each_end(run) -> str:
    """All four boots came to their end, what each has left is there, and none waited for a disk that had gone."""
    boots = [Facts(BEGIN + text) for text in run.console.split(BEGIN)[1:]]
    if len(boots) != 4 or not all(boot.complete for boot in boots):
        return f"{len(boots)} boots in place of four"
    for number, boot in enumerate(boots, start=1):
        if boot.status("work"):
            return f"boot {number}: {boot['work'][-2000:]}"
        if boot["failed"]:
            return f"boot {number}: failed units: {boot['failed']}"
    run.facts = boots[-1]
    lost = re.search(r"^.*(ping timeout|rejecting I/O|I/O error).*$", run.console, re.M)
    return f"the disk was gone too early: {lost[0]}" if lost else ""


def after_power_off(run) -> str:
    """The server's disk has what the last unit wrote before the client was off."""
    disk = f"{run.lun}?offset={ROOT_OFFSET}"
    late, said = os.path.join(run.directory, "late"), command("debugfs", "-R", "cat /var/tmp/late.sum", disk)
    command("debugfs", "-R", f"dump /var/tmp/late {late}", disk)
    with open(late, "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    return "" if found in said else f"{late} is not what was written"


def local_second(run) -> str:
    """The second of the four boots was that of the local disk."""
    markers = re.findall(r"^@@ marker\n(.*)$", run.console, re.M)
    return "" if markers == ["lun", "local disk", "lun", "lun"] else f"roots: {markers}"


def root_left(run) -> str:
    """The root was unmounted at each end."""
    times = run.console.count("@@left: the root is unmounted")
    return "" if times == 2 else f"the root was unmounted {times} times, not twice"


def _ends(title: str, *checks, **more) -> Scenario:
    return Scenario(
        title=title,
        packages=("kexec-tools",),
        cmdline="pinet.server={server} pinet.target={target}",
        boots=3,
        limit_s=600,
        checks=(each_end, end_times, after_power_off, *checks) + check.BY_PINET,
        **more,
    )


def all_ends(title: str) -> Scenario:
    """Reboot, kexec, soft-reboot (or reboot) and power-off."""
    return _ends(
        title,
        # Without a line for the boot files, which would mount them after a soft-reboot.
        installed={**_UNITS, "/etc/fstab": "LABEL=writable / ext4 defaults 0 1\n"},
        work=("", _SEEN + "words=\n" + _KEXEC, _SEEN + _SOFT, _SEEN),
    )


def beside_local(title: str) -> Scenario:
    """The LUN's system goes on to a local disk's by kexec, which reboots; then the LUN's does, and is switched off."""
    return _ends(title, local_second, installed=_UNITS, local_disk=True, work=(_TO_LOCAL, _SEEN, _SEEN))


def with_exitrd(title: str) -> Scenario:
    """Reboot and power-off from where the root can be unmounted."""
    return Scenario(
        title=title,
        installed={**_UNITS, **_EXITRD},
        cmdline="pinet.server={server} pinet.target={target}",
        work=("", _SEEN),
        boots=2,
        limit_s=400,
        checks=(check.work_done, check.no_failed_units, root_left, end_times, after_power_off, check.clean_shutdown),
    )
