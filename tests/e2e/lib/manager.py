# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios of network managers share: the manager must not touch the root's interface, whatever is done to
it, while the disk is written to and the lease is renewed."""

from . import check

# The lease is renewed every ten seconds, so that there is something to see.
DHCP = ("dhcp-option=58,10", "dhcp-option=59,40", "dhcp-option=option:dns-server,192.168.77.53")
CMDLINE = "pinet.server={server} pinet.target={target}"
CHECKS = check.FROM_LUN + (check.work_done, check.only_pinet, check.session_patient)

_KEPT = """
kept()
{{
	ip -4 -o address show dev eth0 >/run/addresses
	cat /run/addresses
	[ "$(wc -l </run/addresses)" = 1 ]
	grep -q ' {{client}}/24 .* valid_lft forever' /run/addresses
	ip route get {{server}} | grep -q 'dev eth0 src {{client}}'
}}
kept
systemctl is-active pinet-lease.service
(while dd if=/dev/urandom of=/var/tmp/load bs=64k count=8 conv=fsync 2>/dev/null; do sleep 0.1; done) &
load=$!
{started}
kept
for round in 1 2; do
	{disturb}
	sleep 2
	kept
done
renewals() {{ sed -n 's/^renewals=//p' /run/pinet/renewal; }}
n=$(renewals)
until [ "$(renewals)" -gt "${{n:-0}}" ]; do sleep 1; done
kept
kill $load
wait || true
sync
pinet status
[ -z "$(pinet status --pending)" ]
dmesg >/run/dmesg
! grep -e 'conn error' -e 'I/O error' -e 'Link is Down' /run/dmesg
pinet doctor --offline || [ $? = 3 ]
"""


def undisturbed(disturb: str, started: str = "true") -> str:
    """The work of a boot: @started has to succeed, and after @disturb everything is as it was."""
    return _KEPT.format(started=started, disturb=disturb)
