# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import STOCK_WORDS, Scenario

scenario = Scenario(
    title="Debian's own scripts, without pinet: the rig boots what everybody else boots",
    stock=True,
    cmdline=STOCK_WORDS,
    acl="{initiator}",
    checks=check.FROM_LUN + (check.address_is("{client}/24"),),
)
