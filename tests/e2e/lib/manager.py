# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scenarios of network managers share: the manager must not touch the root's interface, whatever is done to
it, while the disk is written to and the lease is renewed; what the owner wrote for eth1 it does."""

import re
from contextlib import contextmanager

from . import check
from .guest import Event
from .managers import OTHER, Manager
from .scenario import Nic, Scenario

FIRST_NAMES, LATER_NAMES = "192.168.77.53", "192.168.77.54"
LEASE_S = 120
LOAD_S = 360  # three leases

# What happens to IPv4 addresses, their routes and the links is written down before any manager starts.
_WATCH = {
    "/etc/systemd/system/sysinit.target.d/watch.conf": "[Unit]\nWants=pinet-watch.service\n",
    "/etc/systemd/system/pinet-watch.service": "[Unit]\nDefaultDependencies=no\nBefore=sysinit.target\n"
    "[Service]\nExecStart=/bin/sh -c 'exec ip -4 -o monitor link address route >/run/watched'\n",
}
_TOOLS = """
systemctl is-active pinet-watch.service
now() { cut -d. -f1 /proc/uptime; }
other() { timeout 60 sh -c "until ip -4 -o address show dev eth1 | grep -q ' {other}/'; do sleep 1; done"; }
load()
{
	while dd if=/dev/urandom of=/var/tmp/load bs=64k count=8 conv=fsync; do
		now >/run/beat
		sleep 0.1
	done 2>/dev/null
}
"""
_INSTALL = """
apt-get -qq update
apt-get -qq --no-install-recommends -o Dpkg::Options::=--force-confold install PACKAGE </dev/null
INSTALL
"""
_REINSTALL = "apt-get -qq --reinstall -o Dpkg::Options::=--force-confold install PACKAGE </dev/null\n"
_KEPT = """
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
works()
{
	WORKS
	SPARES
	RESOLVES
}
cp /sys/class/net/eth0/carrier_down_count /run
kept
"""
_WORK = """
systemctl is-active pinet-lease.service
# The session's socket: its port here, what was sent again of what was sent, and what of that the server had already.
socket()
{
	ss -tinH 'dport = :3260' | awk '{
		for (i = 1; i <= NF; i++)
			if ($i ~ /:3260$/) port = $(i - 1)
			else if (split($i, part, "[:/]") > 1) n[part[1]] = part[part[1] == "retrans" ? 3 : 2]
	} END { print port, n["retrans"] + 0, n["segs_out"] + 0, n["dsack_dups"] + 0 }'
}
renewals() { sed -n 's/^renewals=//p' /run/pinet/renewal; }
socket >/run/socket
began=$(now)
set +x
load &
set -x
load=$!
trap 'kill $load' EXIT
names={first_names}
works
other
kept
for round in 1 2; do
	DISTURB
	sleep 2
	kept
	other
done
REINSTALL
sleep 2
kept
other
echo '@@names' >/dev/console
names={later_names}
set +x
until (RESOLVES) >/dev/null 2>&1 || [ "$(now)" -gt $((began + {load_s})) ]; do sleep 1; done
until [ "$(now)" -ge $((began + {load_s})) ] && [ "$(renewals)" -ge 5 ]; do sleep 1; done
set -x
works
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
read -r port again sent twice </run/socket
set -- $(socket)
[ "$port" = "$1" ]
set +x
echo "@@session: $(renewals) renewals in $(($(now) - began)) s; $(($3 - sent)) segments of one connection," \\
	"$(($2 - again)) sent again, $(($4 - twice)) of those for nothing" >/dev/console
[ $(($2 - again)) -le $(($4 - twice)) ]
"""
_AFTER = """
sha256sum -c /var/tmp/data.sha256
names={later_names}
works
kept
"""

# Without pinet nothing is asked of the manager: what becomes of the root's address is told at each stage, by a shell
# that can still do so when no program can be read from the root any more.
_WATCHDOG = {
    "/usr/lib/pinet-test/watchdog": """#!/bin/bash
{
	mkfifo /run/never
	exec 3<>/run/never
	while read -r before </run/beat
		read -r -t 60 -u 3
		read -r after </run/beat
		[ "$before" != "$after" ]; do :; done
	read -r stage </run/stage
	address="has gone"
	while read -r line; do [[ $line != *" {client}" ]] || address="is there"; done </proc/net/fib_trie
	for file in /sys/class/iscsi_session/*/state; do read -r state <"$file"; done
	echo "@@stock $stage: the root hangs; its address $address, its session is $state" >/dev/console
	echo o >/proc/sysrq-trigger
	exit
}
"""
}
_STAGES = """
stage()
{
	echo "$1" >/run/stage
	sleep 5
	echo "@@stock $1: $(ip -4 -o address show dev eth0 | sed -E 's/.*inet ([^ ]+).*valid_lft ([^ ]+).*/\\1 for \\2,/' | tr '\\n' ' ')" \\
		"$(grep -c 'Deleted .*eth0 .*inet ' /run/watched) addresses and" \\
		"$(grep -c 'Deleted .*dev eth0' /run/watched) routes taken away," \\
		"$(dmesg | grep -c 'detected conn error') connections lost" >/dev/console
}
now >/run/beat
set +ex
load &
load=$!
/usr/lib/pinet-test/watchdog </dev/null &
trap "kill $load $!" EXIT
stage "booted"
"""
_STOCK = """
stage "its manager at work"
DISTURB
stage "its manager started again"
REINSTALL
stage "its manager installed again"
sleep {stock_s}
stage "its lease over"
"""
_INSTALLED, _AGAIN = 'stage "its manager installed"\n', 'stage "booted again"\n'


def _fill(text: str, manager: Manager) -> str:
    """@text for @manager."""
    for word in ("install", "reinstall", "disturb", "works", "spares", "resolves"):
        value = _REINSTALL if word == "reinstall" else getattr(manager, word)
        text = re.sub(rf"\b{word.upper()}\b", lambda _, value=value: value, text)
    words = {"other": OTHER, "first_names": FIRST_NAMES, "later_names": LATER_NAMES, "load_s": LOAD_S, "stock_s": LEASE_S + 30}
    for word, value in words.items():
        text = text.replace("{" + word + "}", str(value))
    return text.replace("PACKAGE", manager.package)


def _asked(run) -> dict[str, set[str]]:
    """The requests that the DHCP server has heard, by who made them."""
    with open(run.servers["dnsmasq"].log, encoding="utf-8") as file:
        log = file.read()
    of = dict(re.findall(r" (\d+) vendor class: (.*)$", log, re.M))
    asked: dict[str, set[str]] = {}
    for number in re.findall(r" (\d+) DHCP(?:DISCOVER|REQUEST)", log):
        asked.setdefault(of.get(number, "nobody by name"), set()).add(number)
    return asked


def one_identity(run) -> str:
    """All that a DHCP server has heard of the client came from pinet, under one identity: three boots and renewals."""
    asked = _asked(run)
    if list(asked) != ["pinet"]:
        return f"others have asked, too: {({who: len(numbers) for who, numbers in asked.items()})}"
    with open(run.servers["dnsmasq"].leases, encoding="ascii") as file:
        leases = file.read().split("\n")[:-1]
    wanted = f"{run.mac.replace('-', ':')} {run.text('{client}')} "
    good = len(leases) == 1 and wanted in leases[0] and leases[0].endswith(f" 01:{run.mac.replace('-', ':')}")
    print(f"{len(asked['pinet'])} requests under one identity", flush=True)
    if len(asked["pinet"]) < 3 + LOAD_S // LEASE_S:
        return f"the server has heard of the client {len(asked['pinet'])} times only"
    return "" if good else f"the table of leases: {leases}"


def never_renewed(run) -> str:
    """Nobody renews the lease: the DHCP server has heard of the client once in each boot, and it keeps the address."""
    asked = {who: len(numbers) for who, numbers in _asked(run).items()}
    return "" if asked == {"Linux ipconfig": len(run.consoles)} else f"requests: {asked}"


def _sent_again() -> str:
    """Of the segments that the servers have sent, how many were sent again."""
    with open("/proc/self/net/snmp", encoding="ascii") as file:
        names, values = (line.split() for line in file if line.startswith("Tcp:"))
    counts = dict(zip(names, values))
    return f"{counts['RetransSegs']} of {counts['OutSegs']}"


@contextmanager
def _servers_view(run):
    """Prints what the servers have to say of the client when all is over."""
    yield
    print("\n".join(re.findall(r"^@@((?:session:|stock ).*)$", run.console or run.guest.console, re.M)), flush=True)
    print(f"segments that the servers sent again: {_sent_again()}", flush=True)
    for who, numbers in _asked(run).items():
        print(f"DHCP exchanges of {who}: {len(numbers)}", flush=True)


def _common(manager: Manager, more: dict) -> dict:
    """What both shapes have of a scenario."""
    return {
        "package": manager.package,
        "packages": manager.packages,
        "nics": (Nic(), Nic("nobody")),
        "dhcp": (f"dhcp-option=option:dns-server,{FIRST_NAMES}",),
        "lease": f"{LEASE_S // 60}m",
        "beside": _servers_view,
        "boots": 3,
        "limit_s": 1200,
        **more,
    }


def undisturbed(title: str, manager: Manager, **more) -> Scenario:
    """A client that gets @manager from its repository. From the next boot on it runs, and after it was started again
    and installed again, over three leases, everything is as it was, also in the boot after."""
    tools = _TOOLS + _KEPT
    return Scenario(
        title=title,
        installed={**_WATCH, **manager.installed},
        cmdline="pinet.server={server} pinet.target={target}",
        work=tuple(_fill(tools + part, manager) for part in (_INSTALL + "sleep 2\nkept\n", _WORK, _AFTER)),
        events=(Event(f"offer option:dns-server,{LATER_NAMES}", seen="^@@names"),),
        checks=check.FROM_LUN + (check.work_done, check.only_pinet, check.session_patient, one_identity),
        **_common(manager, more),
    )


def stock(title: str, manager: Manager, *fails: str, **more) -> Scenario:
    """The same client with Debian's own scripts instead of pinet, to show what @manager does to it: @fails are patterns
    of what its console tells of that."""
    tools = _TOOLS + _STAGES
    return Scenario(
        title=title,
        stock=True,
        installed={**_WATCH, **_WATCHDOG, **manager.installed},
        cmdline="ip=dhcp iscsi_initiator={initiator} iscsi_target_name={target} iscsi_target_ip={server}",
        acl="{initiator}",
        work=tuple(_fill(tools + part, manager) for part in (_INSTALL + _INSTALLED, _STOCK, _AGAIN)),
        console=fails,
        **_common(manager, more),
    )
