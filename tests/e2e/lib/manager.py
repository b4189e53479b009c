# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios of network managers share: the manager must not touch the root's interface, whatever is done to
it, while the disk is written to and the lease is renewed; what the owner wrote for eth1 it does."""

import re

from . import check
from .scenario import Nic, Scenario

# The lease is renewed every ten seconds, so that there is something to see.
DHCP = ("dhcp-option=58,10", "dhcp-option=59,40", "dhcp-option=option:dns-server,192.168.77.53")
OTHER = "10.99.1.1"  # of eth1, at whose network nobody is

# What happens to IPv4 addresses, their routes and the links is written down before any manager starts.
_WATCH = {
    "/etc/systemd/system/sysinit.target.d/watch.conf": "[Unit]\nWants=pinet-watch.service\n",
    "/etc/systemd/system/pinet-watch.service": "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\n"
    "[Service]\nExecStart=/bin/sh -c 'exec ip -4 -o monitor link address route >/run/watched'\n",
}
_TOOLS = """
kept()
{
	ip -4 -o address show dev eth0 >/run/addresses
	cat /run/addresses
	[ "$(wc -l </run/addresses)" = 1 ]
	grep -q ' {client}/24 .* valid_lft forever' /run/addresses
	ip route get {server} | grep -q 'dev eth0 src {client}'
	ip route show default | grep -q '^default via {server} dev eth0'
	[ "$(cat /sys/class/net/eth0/carrier_down_count)" = "$(cat /run/carrier_down_count)" ]
	! grep -E 'Deleted .*(dev eth0|eth0 .*inet)|eth0: .*(NO-CARRIER|state DOWN)' /run/watched
}
systemctl is-active pinet-watch.service
cp /sys/class/net/eth0/carrier_down_count /run
kept
"""
_INSTALL = """
apt-get -qq update
apt-get -qq --no-install-recommends -o Dpkg::Options::=--force-confold install PACKAGE </dev/null
"""
_WORK = """
systemctl is-active pinet-lease.service pinet-watch.service
retransmitted() { awk '/^Tcp: [0-9]/ { print $13 }' /proc/net/snmp; }
before=$(retransmitted)
set +x
(while dd if=/dev/urandom of=/var/tmp/load bs=64k count=8 conv=fsync; do sleep 0.1; done) 2>/dev/null &
set -x
load=$!
trap 'kill $load' EXIT
other() { timeout 60 sh -c "until ip -4 -o address show dev eth1 | grep -q ' {other}/'; do sleep 1; done"; }
STARTED
other
kept
for round in 1 2; do
	DISTURB
	sleep 2
	kept
	other
done
apt-get -qq --reinstall -o Dpkg::Options::=--force-confold install PACKAGE </dev/null
sleep 2
kept
other
renewals() { sed -n 's/^renewals=//p' /run/pinet/renewal; }
n=$(renewals)
until [ "$(renewals)" -gt "${n:-0}" ]; do sleep 1; done
kept
trap - EXIT
kill $load
wait || true
head -c 3000000 /dev/urandom >/var/tmp/data
sha256sum /var/tmp/data >/var/tmp/data.sha256
[ -z "$(pinet status --pending)" ]
dmesg >/run/dmesg
if grep -E 'I/O[ ]error|Link is Down' /run/dmesg; then exit 1; fi
# Connected anew once: when iscsid took the session over from the initramfs.
[ "$(journalctl -q -b -u iscsid | grep -c 'operational after recovery')" = 1 ]
pinet doctor --offline || [ $? = 3 ]
set +x
echo "TCP segments sent again: $(($(retransmitted) - before)) of $(awk '/^Tcp: [0-9]/ { print $12 }' /proc/net/snmp)"
"""
_AFTER = """
sha256sum -c /var/tmp/data.sha256
STARTED
"""


def one_identity(run) -> str:
    """All that a DHCP server has heard of the client came from pinet, under one identity."""
    with open(run.servers["dhcp"].log, encoding="utf-8") as file:
        log = file.read()
    asked = set(re.findall(r" (\d+) DHCP(?:DISCOVER|REQUEST)", log))
    pinet = set(re.findall(r" (\d+) vendor class: pinet$", log, re.M))
    if asked - pinet:
        line = re.search(rf"^.* {(asked - pinet).pop()} DHCP.*$", log, re.M)
        return f"another client has asked: {line[0]}"
    with open(f"{run.directory}/dnsmasq.leases", encoding="ascii") as file:
        leases = file.read().split("\n")[:-1]
    wanted = f"{run.mac.replace('-', ':')} {run.text('{client}')} "
    good = len(leases) == 1 and wanted in leases[0] and leases[0].endswith(f" 01:{run.mac.replace('-', ':')}")
    print(f"{len(asked)} requests under one identity", flush=True)
    return "" if good else f"the table of leases: {leases}"


def undisturbed(title: str, package: str, disturb: str, started: str, install: str = "", **more) -> Scenario:
    """A client that gets @package, a network manager, from its repository, then runs @install. From the next boot on
    @started has to succeed, and after @disturb and a reinstallation everything is as it was."""
    tools = _TOOLS.replace("{other}", OTHER)
    work = _WORK.replace("STARTED", started).replace("DISTURB", disturb).replace("PACKAGE", package)
    more["installed"] = {**_WATCH, **more.get("installed", {})}
    return Scenario(
        title=title,
        package=package,
        nics=(Nic(), Nic("nobody")),
        dhcp=DHCP,
        cmdline="pinet.server={server} pinet.target={target}",
        work=(
            f"{tools}{_INSTALL.replace('PACKAGE', package)}{install}\nsleep 2\nkept\n",
            tools + work.replace("{other}", OTHER),
            tools + _AFTER.replace("STARTED", started) + "kept\n",
        ),
        boots=3,
        limit_s=900,
        checks=check.FROM_LUN + (check.work_done, check.only_pinet, check.session_patient, one_identity),
        **more,
    )
