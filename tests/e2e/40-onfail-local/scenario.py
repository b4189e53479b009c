# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="onfail=local: goes on with the local disk, and leaves nothing half-configured behind",
    local_disk=True,
    down=("dnsmasq",),
    cmdline="pinet.server={server} pinet.target={target} pinet.timeout=10 pinet.onfail=local",
    console=(r"pinet: given up after 10 s", r"onfail=local"),
    checks=(check.root_local, check.no_address("eth0"), check.no_failed_units),
)
