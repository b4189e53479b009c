# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="pinet.server= is a name: the portal is found by it, and the boot files are mounted",
    dhcp=(
        "port=53",
        "host-record=nas.lab.example,192.168.77.1",
        "dhcp-option=option:dns-server,192.168.77.1",
        "dhcp-option=option:domain-name,lab.example",
    ),
    cmdline="pinet.server=nas pinet.target={target}",
    checks=check.FROM_LUN
    + (check.only_pinet, check.session_patient, check.klibc_conf, check.firmware_from("nas"), check.firmware_unit),
)
