# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="onfail=local when the network was up already: its address goes again",
    local_disk=True,
    down=("tgt",),
    cmdline="pinet.server={server} pinet.target={target} pinet.timeout=10 pinet.onfail=local",
    console=(r"pinet: eth0: ", r"pinet: given up after 10 s: .*{server}.*3260", r"onfail=local"),
    checks=(check.root_local, check.no_address("eth0"), check.no_failed_units),
)
