# SPDX-License-Identifier: GPL-2.0-or-later
from lib import check
from lib.scenario import Event, Scenario

WORK = """
grep mounted=0 /run/pinet/firmware
pinet doctor --offline | grep -q '^FAIL  mounted'
timeout 10 df
echo '@@server: start' >/dev/console
if ! timeout 100 sh -c 'until mountpoint -q /boot/firmware; do sleep 1; done'; then
	journalctl -q --no-pager -o short-monotonic -u pinet-mount.service -u boot-firmware.mount
	exit 1
fi
until systemctl is-active boot-firmware.mount; do sleep 1; done
grep mounted=1 /run/pinet/firmware
until pinet generations | grep -q '^g000001-.*active'; do sleep 2; done
pinet status
"""

scenario = Scenario(
    title="the NFS server comes when the client is up: boot files are mounted and synchronized then",
    cmdline="pinet.server={server} pinet.target={target}",
    down=("nfs",),
    work=(WORK,),
    events=(Event("start nfs", seen="@@server: start"),),
    limit_s=400,
    checks=check.FROM_LUN + (check.work_done,),
)
