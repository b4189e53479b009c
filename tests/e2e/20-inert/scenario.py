# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="no word for pinet: a machine with a local disk boots from it",
    quick=("bookworm",),
    local_disk=True,
    silent=(r"pinet: ",),
    checks=(check.root_local, check.untouched, check.no_address("eth0"), check.no_failed_units),
)
