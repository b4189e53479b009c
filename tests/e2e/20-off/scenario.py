# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import STOCK_WORDS, Scenario

scenario = Scenario(
    title="pinet=off: open-iscsi's own scripts boot, as if the package were not there",
    cmdline=f"pinet=off {STOCK_WORDS}",
    acl="{initiator}",
    silent=(r"pinet: ",),
    checks=check.FROM_LUN + (check.initiator_is("{initiator}"), check.untouched),
)
