# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager
from lib.scenario import Scenario

ENABLE = """
systemctl enable systemd-networkd.service
"""

scenario = Scenario(
    title="systemd-networkd, told to ask DHCP for eth0, leaves the root's address alone",
    installed={"/etc/systemd/network/10-owner.network": "[Match]\nName=e*\n\n[Network]\nDHCP=yes\n"},
    dhcp=manager.DHCP,
    cmdline=manager.CMDLINE,
    work=(
        ENABLE,
        manager.undisturbed(
            "systemctl restart systemd-networkd.service; networkctl reload; networkctl reconfigure eth0",
            "networkctl status eth0 | grep -q /run/systemd/network/00-pinet.network",
        ),
    ),
    boots=2,
    limit_s=400,
    checks=manager.CHECKS,
)
