# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager
from lib.scenario import Scenario

INSTALL = """
apt-get -qq update
apt-get -qq --no-install-recommends install netplan.io </dev/null
rm -f /etc/systemd/system-generators/netplan
systemctl enable systemd-networkd.service
"""

scenario = Scenario(
    title="netplan, with DHCP for eth0, leaves the root's address alone",
    package="netplan.io",
    installed={
        "/etc/netplan/50-owner.yaml": "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    eth0:\n"
        "      dhcp4: true\n      dhcp-identifier: duid\n"
    },
    dhcp=manager.DHCP,
    cmdline=manager.CMDLINE,
    work=(
        INSTALL,
        manager.undisturbed(
            "netplan apply",
            "ls /run/systemd/network; networkctl status eth0 | grep -q /run/systemd/network/00-pinet.network",
        ),
    ),
    boots=2,
    limit_s=900,
    checks=manager.CHECKS,
)
