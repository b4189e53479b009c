# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="power-on, iPXE boots the LUN itself, GRUB on its GPT, and pinet follows the iBFT that iPXE left",
    suites=("bookworm",),
    san=True,
    dhcp=(
        "dhcp-match=set:ipxe,175",
        'dhcp-option=tag:ipxe,17,"iscsi:{server}:::1:{target}"',
        'dhcp-option=tag:ipxe,203,"{initiator}"',
    ),
    cmdline="iscsi_auto pinet.debug=1",
    acl="{initiator}",
    console=(
        r"pinet: target +{target} +iBFT: target0/target-name",
        r"pinet: lun +1 +iBFT: target0/lun",
        r"pinet: firmware +off",
        r"pinet: session 1: {target} at {server}:3260 \(native, ",
    ),
    checks=check.BY_SAN + (check.address_is("{client}/24"),),
)
