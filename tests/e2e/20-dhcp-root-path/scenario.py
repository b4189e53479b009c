# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Scenario

scenario = Scenario(
    title="target, LUN and initiator from DHCP options 17 and 203",
    dhcp=('dhcp-option=17,"iscsi:{server}:6:3260:1:{target}"', 'dhcp-option=203,"{initiator}"'),
    cmdline="pinet.server=dhcp",
    acl="{initiator}",
    checks=check.BY_PINET + (check.initiator_is("{initiator}"),),
)
