# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager
from lib.scenario import Scenario

INSTALL = """
apt-get -qq update
apt-get -qq --no-install-recommends install dhcpcd </dev/null
ip -4 -o address show dev eth0
"""

scenario = Scenario(
    title="dhcpcd, which asks DHCP on every interface, leaves the root's address alone",
    suites=("bookworm",),  # trixie's package has no unit
    package="dhcpcd",
    dhcp=manager.DHCP,
    cmdline=manager.CMDLINE,
    work=(
        INSTALL,
        manager.undisturbed(
            "systemctl restart dhcpcd.service",
            "systemctl is-active dhcpcd.service; grep -q denyinterfaces /run/pinet/dhcpcd.conf",
        ),
    ),
    boots=2,
    limit_s=500,
    checks=manager.CHECKS,
)
