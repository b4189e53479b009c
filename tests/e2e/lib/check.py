# SPDX-License-Identifier: GPL-2.0-or-later
"""Properties of a booted client: a function each, which returns nothing, or a sentence about what is wrong.

They read what the client itself said (run.facts), its console and the servers' directories."""

import hashlib
import os
import re

from .facts import Facts

E2E = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def root_on_lun(run) -> str:
    """/ is a partition of the LUN, and not of a local disk that looks the same."""
    device = run.facts["root-device"]
    if not re.search(r"/session\d+/target", device):
        return f"/ is not on an iSCSI disk: {device} ({run.facts['mount-root']})"
    if run.facts["marker"] != "lun":
        return f"/ holds the marker \"{run.facts['marker']}\", not the LUN's"
    return ""


def root_local(run) -> str:
    """/ is on the local disk, and nobody has logged in to the target."""
    if run.facts["marker"] != "local disk":
        return f"/ is not the local disk: {run.facts['mount-root']}"
    return f"there is an iSCSI session: {run.facts['sessions']}" if run.facts["sessions"] else ""


def root_by_nfs(source: str):
    """/ is @source, mounted by NFS 4.2 or 4.1 (see nfs_best()), and nobody has logged in to a target."""

    def root_nfs(run) -> str:
        mount = run.facts["mount-root"]
        version = re.search(r"\bvers=(4\.[12]),", mount)
        if not mount.startswith(run.text(source) + " nfs4 ") or not version:
            return f"/ is not {run.text(source)} by NFS 4.2: {mount}"
        return f"there is an iSCSI session: {run.facts['sessions']}" if run.facts["sessions"] else ""

    return root_nfs


def one_session(run) -> str:
    """There is exactly one session, logged in, and iscsiadm knows it."""
    files = run.facts.files("sessions")
    states = [text for path, text in files.items() if path.endswith("/state")]
    if states != ["LOGGED_IN"]:
        return f"expected one session that is logged in, got {states}"
    if run.text("{target}") not in run.facts["iscsiadm"]:
        return f"iscsiadm does not show the session: {run.facts['iscsiadm']}"
    return ""


def initiator_is(name: str):
    """The session was made under the initiator @name."""

    def initiator(run) -> str:
        files = run.facts.files("sessions")
        found = [text for path, text in files.items() if path.endswith("/initiatorname")]
        return "" if found == [run.text(name)] else f"initiator name is {found}, expected {run.text(name)}"

    return initiator


def session_patient(run) -> str:
    """The root session waits a day for its server, not the two minutes that are open-iscsi's default."""
    files = run.facts.files("sessions")
    found = [text for path, text in files.items() if path.endswith("/recovery_tmo")]
    return "" if found == ["86400"] else f"replacement timeout is {found}, expected 86400"


def firmware_from(host: str):
    """/boot/firmware is the TFTP copy over NFS, of @host; what the client writes arrives in the server's directory, and
    what it reads is what the server has."""

    def firmware(run) -> str:
        mount = run.facts["mount-firmware"].split(" ")
        if len(mount) != 3 or mount[1] not in ("nfs", "nfs4"):
            return f"/boot/firmware is not NFS: {' '.join(mount) or 'not mounted'}"
        if mount[0] != run.text(host + ":/srv/tftp/{prefix}"):
            return f"/boot/firmware is {mount[0]}"
        path = os.path.join(run.boot_files, "written-by-client")
        if not os.path.exists(path):
            return f"what the client wrote into /boot/firmware is not in the server's {path}"
        with open(path, encoding="utf-8") as file:
            text = file.read().strip()
        version = run.facts["kernel"]
        if text != version:
            return f"{path} holds \"{text}\", not the kernel's version {version}"
        return _firmware_read(run)

    return firmware


firmware_nfs = firmware_from("{server}")


def _firmware_read(run) -> str:
    lines = run.facts["read-firmware"].splitlines()
    for line in lines:
        digest, path = line.split(maxsplit=1)
        with open(os.path.join(run.boot_files, os.path.basename(path)), "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != digest:
                return f"the client reads something else from {path} than the server has"
    return "" if lines else "the client has read no file of /boot/firmware"


def nfs_version(version: str):
    """The mount uses NFS version @version."""

    def version_is(run) -> str:
        mount = run.facts["mount-firmware"]
        return "" if f"vers={version}" in mount.replace(",", " ").split() else f"expected NFS {version}: {mount}"

    return version_is


def nfs_best(run) -> str:
    """The mount uses NFS 4.2, or 4.1 if pinet has found that files cannot be read by 4.2 (NFS-Ganesha 4, Linux 6.12)."""
    misread = run.facts.files("run-pinet")["/run/pinet/firmware"].splitlines().count("misread=4.2")
    return nfs_version("4.1" if misread else "4.2")(run)


def firmware_unit(run) -> str:
    """systemd has adopted the NFS mount under our unit; the vfat line of fstab has lost."""
    unit = dict(line.partition("=")[::2] for line in run.facts["unit-firmware"].splitlines())
    if unit.get("FragmentPath") != "/run/systemd/system/boot-firmware.mount" or unit.get("ActiveState") != "active":
        return f"boot-firmware.mount is not ours or not active: {run.facts['unit-firmware']}"
    if "remote-fs-pre.target" not in unit.get("After", "") and "network.target" not in unit.get("After", ""):
        return f"boot-firmware.mount is not ordered after the network, and so not unmounted before it: {unit['After']}"
    return ""


def mounted_by_nfs(where: str, option: str = ""):
    """@where is the TFTP copy over NFS, mounted with @option."""

    def mounted(run) -> str:
        for line in run.facts["mounts"].splitlines():
            target, source, kind, options = line.split(" ")
            if target == where and kind in ("nfs", "nfs4"):
                if source != run.text("{server}:/srv/tftp/{prefix}"):
                    return f"{where} is {source}"
                return "" if not option or option in options.split(",") else f"{where} lacks {option}: {options}"
        return f"{where} is not mounted by NFS: {run.facts['mounts']}"

    return mounted


def firmware_vfat(run) -> str:
    """/boot/firmware is the partition that fstab names."""
    mount = run.facts["mount-firmware"].split(" ")
    return "" if mount[1:2] == ["vfat"] else f"/boot/firmware is not the vfat partition: {' '.join(mount)}"


def no_firmware(run) -> str:
    """Nothing is mounted at /boot/firmware: not the TFTP copy, and never the stale partition."""
    mount = run.facts["mount-firmware"]
    return f"/boot/firmware is mounted: {mount}" if mount else ""


def address_is(address: str, interface: str = "eth0"):
    """@interface has @address (with its prefix length)."""

    def has_address(run) -> str:
        found = [
            f"{entry['local']}/{entry['prefixlen']}"
            for link in run.facts.json("addresses")
            if link["ifname"] == interface
            for entry in link["addr_info"]
            if entry["family"] == "inet"
        ]
        return "" if found == [run.text(address)] else f"{interface} has {found}, expected {run.text(address)}"

    return has_address


def no_address(interface: str):
    """@interface has no IPv4 address: nothing half-configured is left behind."""

    def has_none(run) -> str:
        for link in run.facts.json("addresses"):
            if link["ifname"] == interface:
                found = [entry["local"] for entry in link["addr_info"] if entry["family"] == "inet"]
                return f"{interface} has {found}" if found else ""
        return f"there is no {interface}"

    return has_none


def mtu_is(mtu: int, interface: str = "eth0"):
    """@interface has @mtu."""

    def has_mtu(run) -> str:
        found = [link["mtu"] for link in run.facts.json("links") if link["ifname"] == interface]
        return "" if found == [mtu] else f"the MTU of {interface} is {found}, expected {mtu}"

    return has_mtu


def route_is(destination: str, gateway: str):
    """There is exactly one route to @destination, through @gateway."""

    def has_route(run) -> str:
        found = [route.get("gateway") for route in run.facts.json("routes") if route["dst"] == destination]
        return "" if found == [run.text(gateway)] else f"routes to {destination}: {found}, expected {run.text(gateway)}"

    return has_route


def default_route_is(gateway: str):
    """There is exactly one default route, through @gateway."""
    return route_is("default", gateway)


def klibc_says(key: str, value: str):
    """/run/net-IFACE.conf of the root's interface has @key with @value, quoted."""

    def says(run) -> str:
        text = "\n".join(run.facts.files("klibc").values())
        wanted = f"{key}='{run.text(value)}'"
        return "" if wanted in text.splitlines() else f"no {wanted} in:\n{text}"

    return says


def klibc_conf(run) -> str:
    """/run/net-IFACE.conf describes the address in klibc's words, for those who read it."""
    files = run.facts.files("klibc")
    interface = run.facts.files("interface").get("/run/initramfs/open-iscsi.interface", "")
    text = files.get(f"/run/net-{interface}.conf")
    if text is None:
        return f"open-iscsi.interface says \"{interface}\", but there are only {sorted(files)}"
    values = dict(line.partition("=")[::2] for line in text.splitlines())
    wrong = [key for key in ("DEVICE", "PROTO", "IPV4ADDR", "IPV4NETMASK") if len(values.get(key, "").strip("'")) == 0]
    return f"/run/net-{interface}.conf lacks {wrong}: {text}" if wrong else ""


def iscsid_runs(run) -> str:
    """iscsid has taken over: without it a lost connection is never made again."""
    return "" if run.facts["iscsid"] == "active" else f"iscsid.service is {run.facts['iscsid']}"


def no_failed_units(run) -> str:
    """systemd has nothing to complain about."""
    return f"failed units: {run.facts['failed']}" if run.facts["failed"] else ""


def clean_shutdown(run) -> str:
    """The client went down without losing its disk on the way."""
    end = run.console[run.console.find("@@pinet-facts-end@@") :]
    lost = re.search(r"^.*(I/O error|detected conn error|EXT4-fs error|Failed unmounting|timed out).*$", end, re.M)
    if lost:
        return f"at shutdown: {lost[0]}"
    return "" if re.search("reboot: (Power down|System halted)", end) else "the kernel did not say it powers down"


def session_shown(scenario: str):
    """What "iscsiadm -m session -P 3" has shown as the work of the last boot is what @scenario keeps as "session"."""

    def shown(run) -> str:
        with open(os.path.join(E2E, scenario, "session"), encoding="utf-8") as file:
            expected = run.text(file.read()).strip()
        lines = [line.strip() for line in run.facts["work"].splitlines()]
        # Numbers that the kernel counts up, its name for the disk, and the version of iscsiadm.
        found = "\n".join(line for line in lines if not re.match(r"\+ |Host Number|version |scsi\d+ Channel|Attached scsi disk", line))
        return "" if found == expected else f"iscsiadm shows another session than is expected:\n{found}"

    return shown


def only_pinet(run) -> str:
    """No other boot script has brought up a network or logged in, not even before pinet did."""
    other = re.search(r"^.*(IP-Config: |iscsistart: |an earlier login).*$", run.console, re.M)
    return f"another boot script was at work: {other[0]}" if other else ""


def work_done(run) -> str:
    """What the scenario had done in each boot has succeeded."""
    for number, console in enumerate(run.consoles, start=1):
        facts = Facts(console)
        if facts.complete and facts.status("work") != 0:
            return f"the work in boot {number} failed:\n{facts['work'][-3000:]}"
    return ""


def back_on_the_first(run) -> str:
    """After work in two boots three failed, the sixth went back, and the last runs what was good before, and has listed
    the generations."""
    if "pinet.generation=g000001-" not in run.facts["cmdline"]:
        return f"the client runs something else: {run.facts['cmdline']}"
    if not re.search(r"^g000002-\S+\s+bad\b", run.facts["work"], re.M):
        return f"generations at the end:\n{run.facts['work']}"
    return "" if len(run.consoles) == 7 else f"{len(run.consoles)} boots"


def untouched(run) -> str:
    """pinet has left nothing: this boot was not its own."""
    return f"there is something in /run/pinet: {run.facts['run-pinet']}" if run.facts["run-pinet"] else ""


def status_shows(*patterns: str):
    """"pinet status" in the booted client says each of @patterns."""

    def shows(run) -> str:
        missing = [run.text(one) for one in patterns if not re.search(run.text(one), run.facts["status"], re.M)]
        return f"pinet status does not say {missing}:\n{run.facts['status']}" if missing else ""

    return shows


def server_as_before(run) -> str:
    """pinet-server has found nothing wrong, and what it wrote is gone with the client."""
    return "\n".join(run.provision.wrong)


def watch_shows(*patterns: str):
    """The page of "pinet-server watch" has the client, with a step for each of @patterns."""

    def shows(run) -> str:
        page = run.servers["watch"].text()
        _, _, row = page.partition(f"<tr><td>{run.words['prefix']}</td>")
        missing = [one for one in patterns if not re.search(f"<li>.*{one}", row.partition("</tr>")[0])]
        return f"the page of watch does not show {missing}:\n{page}" if missing else ""

    return shows


# What is true of every client that has booted from its LUN.
FROM_LUN = (root_on_lun, one_session, iscsid_runs, no_failed_units, clean_shutdown)
# And of one that pinet has booted, whose boot loader is in the LUN, too.
BY_SAN = FROM_LUN + (only_pinet, session_patient, klibc_conf, firmware_vfat)
# And of one that pinet has booted completely.
BY_PINET = FROM_LUN + (only_pinet, session_patient, klibc_conf, firmware_nfs, firmware_unit)
