# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="the root by UUID, with a local disk that has the same one",
    root="root=UUID=5d1c7f0e-70c1-4bd0-9a52-0d6b1a2f3c4d rootwait",
    local_disk=True,
    cmdline="pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET,
)
