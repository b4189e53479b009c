# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

FIRST = """
systemctl start pinet-sync.service
"""
# An initramfs without the module that carries the root: a sync refuses it, unless it is told not to.
BREAK = """
systemctl start pinet-good.service
image=/boot/initrd.img-$(uname -r)
unmkinitramfs $image /root/initramfs
cd /root/initramfs
[ ! -d main ] || cd main
find . -name 'iscsi_tcp.ko*' | grep .
find . -name 'iscsi_tcp.ko*' -delete
find . | cpio --quiet -o -H newc | gzip -1 >$image.new
mv $image.new $image
if pinet sync; then exit 1; fi
pinet status --pending | grep 'lacks the module iscsi_tcp'
pinet sync --force
"""
AGAIN = """
pinet generations
"""

scenario = Scenario(
    title="a new initramfs that cannot reach its root: after three boots the client goes back by itself",
    ipxe=True,
    suites=("bookworm",),
    servers={"dhcp": "dnsmasq"},
    whole_life=True,
    cmdline="pinet.timeout=20 pinet.onfail=reboot",
    work=(FIRST, BREAK, AGAIN),
    boots=9,
    limit_s=900,
    console=(r"pinet: generation g000002-\S+ has not come up in 3 boots; g000001-\S+ is active again",),
    # iscsistart, which is tried then, says what it misses.
    checks=check.FROM_LUN + (check.firmware_nfs, check.firmware_unit, check.work_done, check.back_on_the_first),
)
