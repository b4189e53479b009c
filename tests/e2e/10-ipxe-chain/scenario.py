# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="power-on, iPXE, DHCP, TFTP of kernel and initramfs, iSCSI root, NFS boot files",
    quick=("trixie",),
    ipxe=True,
    cmdline="pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET + (check.address_is("{client}/24"),),
)
