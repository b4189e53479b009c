# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="another mount point for the boot files, with NFS options",
    cmdline=(
        "pinet.server={server} pinet.target={target} pinet.firmware.dir=/boot pinet.firmware.options=noatime"
    ),
    checks=check.FROM_LUN + (check.mounted_by_nfs("/boot", "noatime"),),
)
