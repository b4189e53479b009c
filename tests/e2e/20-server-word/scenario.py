# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet.server= and a target: all else is found out",
    cmdline="pinet.server={server} pinet.target={target}",
    checks=check.BY_PINET + (check.initiator_is("iqn.1993-08.org.debian:01:{mac}"),),
)
