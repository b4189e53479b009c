# SPDX-License-Identifier: GPL-2.0-or-later
"""An update of the kernel from one boot to the third."""

import re

from . import check

# The client comes with Debian's kernel and gets the one for clouds, which is smaller and counts as newer.
_FIRST = """
systemctl start pinet-sync.service
pinet generations
"""
_INSTALL = """
apt-get -q update
apt-get -qy --no-install-recommends install linux-image-cloud-amd64
"""
_UPGRADE = f"""
grep -o 'pinet.generation=g000001-[^ ]*' /proc/cmdline
systemctl start pinet-good.service
{_INSTALL}
pinet generations
new=$(basename /boot/vmlinuz-*cloud*)
if apt-get -qy purge "linux-image-${{new#vmlinuz-}}"; then exit 1; fi
test -e "/boot/$new"
"""
_REMOVE = """
grep -o 'pinet.generation=g000002-[^ ]*cloud[^ ]*' /proc/cmdline
uname -r | grep cloud
systemctl start pinet-good.service
old=$(basename "$(ls -d /boot/vmlinuz-* | grep -v cloud)")
apt-get -qy purge "linux-image-${old#vmlinuz-}"
pinet generations
"""


def second_is_good(run) -> str:
    """The client runs the generation with the new kernel, which it has marked good."""
    work = run.facts["work"]
    return "" if re.search(r"^g000002-\S*cloud\S*\s+good\b.*", work, re.M) else f"generations at the end:\n{work}"


# What a scenario says that has apt install a new kernel and then remove the old one, and what has to come of it.
STEPS = {"package": "linux-image-cloud-amd64", "work": (_FIRST, _UPGRADE, _REMOVE), "boots": 3, "limit_s": 900}
CHECKS = (check.work_done, second_is_good)
# The same where the boot loader is in the LUN.
SAN_STEPS = STEPS | {"work": (_INSTALL, "uname -r | grep cloud"), "boots": 2}
SAN_CHECKS = (check.work_done,)
