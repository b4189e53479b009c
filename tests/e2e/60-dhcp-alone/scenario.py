# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="everything by DHCP: nothing but root=LABEL= on the command line, and server = dhcp in pinet.conf",
    quick=("bookworm",),
    root="root=LABEL=writable",
    installed={"/etc/pinet/pinet.conf": "server = dhcp\n"},
    dhcp=(
        "dhcp-option=66,{server}",
        "dhcp-option=17,iscsi:{server}::::iqn.2025-02.dev.example:root:%i",
        "dhcp-option=203,iqn.2025-02.dev.example:cluster:%i",
        "dhcp-option=vendor:pinet,6,{server}:/srv/tftp/%m",
    ),
    acl="{initiator}",
    work=("pinet plan | grep '^server  *by DHCP'\npinet plan --dhcp eth0 | grep '^server  *{server} '\n",),
    checks=check.BY_PINET + (check.work_done, check.initiator_is("{initiator}"), check.klibc_says("ROOTSERVER", "{server}")),
)
