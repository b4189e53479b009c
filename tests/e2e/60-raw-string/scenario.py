# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="a raw string in option 43 and the boot server in option 66, both of a router; NFS root (deployment E)",
    root="root=/dev/nfs",
    cmdline="nfsroot={server}:/pxe/running-lion ip=dhcp pinet.server=dhcp pinet.firmware={server}:/srv/tftp/{prefix} rw",
    router=('dhcp-option=43,"Raspberry Pi Boot"', 'dhcp-option=66,"{server}"'),
    down=("tgt",),
    prefix="running-lion",
    nfs_root="/pxe/running-lion",
    console=(r"pinet: root: {server}:/pxe/running-lion \(NFS 4\.[12], ",),
    checks=(
        check.root_by_nfs("{server}:/pxe/running-lion"),
        check.no_failed_units,
        check.only_pinet,
        check.klibc_conf,
        check.firmware_nfs,
        check.firmware_unit,
    ),
)
