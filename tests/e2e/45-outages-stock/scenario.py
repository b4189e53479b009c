# SPDX-License-Identifier: GPL-2.0-or-later
from lib import outage
from lib.scenario import STOCK_WORDS, Scenario

scenario = Scenario(
    title="Debian's own scripts, without pinet: another MAC does no harm, 2 min without link or target, and the root fails",
    stock=True,
    cmdline=STOCK_WORDS,
    acl="{initiator}",
    journal=True,
    work=(
        outage.SURVIVE + "survive address 5\n" + outage.SURVIVED + outage.LOSE + "lose link\nover link\nend b\n",
        outage.LOSE + "lose target\nend o\n",
    ),
    boots=3,  # the second may end with the repair of the root
    events=outage.EVENTS + (outage.OVER,),
    outcome="powers-off",
    limit_s=600,
    console=(
        r"^outage over: address",
        r"I/O error, dev sd[a-z]",
        r"EXT4-fs error",
        r"^link: writing fails after 1\d\d s",
        r"^link: over, writing ",
        r"^target: writing fails after 1\d\d s",
    ),
)
