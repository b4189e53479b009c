# SPDX-License-Identifier: GPL-2.0-or-later
from lib import manager
from lib.scenario import Scenario

INSTALL = """
apt-get -qq update
apt-get -qq --no-install-recommends install network-manager </dev/null
ip -4 -o address show dev eth0
"""

scenario = Scenario(
    title="NetworkManager, which manages every wired interface, leaves the root's address alone",
    package="network-manager",
    dhcp=manager.DHCP,
    cmdline=manager.CMDLINE,
    work=(
        INSTALL,
        manager.undisturbed(
            "systemctl restart NetworkManager.service; nmcli general reload; nmcli connection reload",
            "until nmcli -t -f DEVICE,STATE device | grep -q eth0:unmanaged; do sleep 1; done; "
            "grep -q 192.168.77.53 /etc/resolv.conf",
        ),
    ),
    boots=2,
    limit_s=900,
    checks=manager.CHECKS,
)
