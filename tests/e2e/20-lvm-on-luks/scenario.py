# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.image import WRAP_KEY, WRAP_UUID
from lib.scenario import Scenario


def root_on_lvm(run) -> str:
    """/ is the logical volume, whose key and whose physical volume came from the LUN."""
    source = run.facts["mount-root"].partition(" ")[0]
    if source != "/dev/mapper/vg0-root" or run.facts["marker"] != "lun":
        return f"/ is {source} with the marker \"{run.facts['marker']}\""
    return ""


scenario = Scenario(
    title="the LUN is LUKS, with LVM in it: pinet logs in, Debian's own scripts do the rest",
    suites=("bookworm",),
    packages=("cryptsetup-initramfs", "lvm2"),
    wrapped=True,
    root="root=/dev/mapper/vg0-root rootfstype=ext4 rootwait",
    cmdline="pinet.server={server} pinet.target={target} pinet.login=native",
    initramfs={
        "/cryptroot/crypttab": f"lun_crypt UUID={WRAP_UUID} /cryptroot/key luks,discard\n",
        "/cryptroot/key": WRAP_KEY,
    },
    limit_s=300,
    checks=(
        root_on_lvm,
        check.one_session,
        check.session_patient,
        check.iscsid_runs,
        check.no_failed_units,
        check.only_pinet,
        check.klibc_conf,
        check.firmware_nfs,
    ),
)
