# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager
from lib.scenario import Scenario

INSTALL = """
apt-get -qq update
apt-get -qq --no-install-recommends -o Dpkg::Options::=--force-confold install ifupdown </dev/null
ip -4 -o address show dev eth0
"""

scenario = Scenario(
    title="ifupdown, with an eth0 that it should bring up itself, leaves the root's address alone",
    package="ifupdown",
    installed={
        "/etc/network/interfaces": "auto lo eth0\niface lo inet loopback\niface eth0 inet static\n"
        "\taddress 10.99.0.1/24\nallow-hotplug eth0\n"
    },
    dhcp=manager.DHCP,
    cmdline=manager.CMDLINE,
    work=(
        INSTALL,
        manager.undisturbed(
            "systemctl restart networking.service; systemctl stop ifup@eth0.service; ifup -a",
            "systemctl is-active networking.service; ifquery --state eth0",
        ),
    ),
    boots=2,
    limit_s=500,
    checks=manager.CHECKS,
)
