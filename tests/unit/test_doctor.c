/* SPDX-License-Identifier: GPL-2.0-or-later
 * pinet doctor: on a machine that is in order nothing is found; each thing that is broken is found by
 * its own check and by no other.
 */
#include "doctor_machine.h"

static const struct doctor_check *const tables[] = {
	doctor_settings, doctor_system, doctor_network, doctor_boot, doctor_server};

/*
 * All findings, "NAME NAME ", of the machine as it is; the last one in @f. With @all every check that
 * asks no server has to have something to look at.
 */
static void findings(const struct machine_dir *p, bool all, char out[512], struct doctor_finding *f)
{
	struct doctor *d = calloc(1, sizeof(*d));
	struct err err;

	assert_non_null(d);
	assert_int_equal(doctor_look(d, p->dir, &err), 0);
	d->offline = true;
	d->room_bytes = fs_exists("full") ? UINT64_MAX : 0;
	d->now_s = fs_exists("1970") ? 1000 : d->now_s;
	out[0] = '\0';
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct doctor_check *c = tables[t]; c->name; c++) {
			struct doctor_finding found = {.what = ""};
			enum doctor_verdict v = c->run(d, &found);
			size_t at = strlen(out);

			if (v == DOCTOR_NOTHING && all && tables[t] != doctor_server &&
				strcmp(c->name, "watched") != 0)
				fail_msg("%s has nothing to look at", c->name);
			if (v != DOCTOR_FINDING)
				continue;
			assert_true(strlen(found.what) > 20);
			assert_true(strlen(found.remedy) > 10);
			(void)snprintf(out + at, 512 - at, "%s ", c->name);
			*f = found;
		}
	}
	doctor_done(d);
	free(d);
}

static void test_in_order(void **state)
{
	struct doctor_finding f = {.what = ""};
	char found[512];

	findings(*state, true, found, &f);
	if (found[0])
		fail_msg("%s: %s", found, f.what);
}

static void break_local(void)
{
	place(BOOT, "result=local\nerror=no carrier\n");
	place("run/pinet/lease", NULL);
	place("run/pinet/renewal", NULL);
}

static void break_not_ours(void)
{
	place(BOOT, NULL);
	place("run/pinet/lease", NULL);
	place("run/pinet/renewal", NULL);
}

static void break_conf(void)
{
	place("etc/pinet/pinet.conf", "server = \n");
}

static void break_conf_words(void)
{
	place("etc/pinet/pinet.conf", "sever = 192.168.77.1\n");
}

static void break_initiator(void)
{
	place("etc/pinet/pinet.conf", "initiator = iqn.1993-08.org.debian:01:abc\n");
}

static void break_chap(void)
{
	assert_int_equal(chmod("etc/pinet/chap.conf", 0640), 0);
}

static void break_secret(void)
{
	change("proc/cmdline", "root=", "iscsi_password=secret root=");
}

/* What is in a generation has its size checked: the same number of bytes. */
static void break_cmdline(void)
{
	place("boot/firmware/pinet/g000001-6/cmdline.txt",
		"root=LABEL=writable pinet.lun=...............");
}

static void break_cmdline_ours(void)
{
	place("etc/pinet/pinet.conf", "#\n");
	place("boot/firmware/pinet/g000001-6/cmdline.txt",
		"root=LABEL=writable quiet splash and no words");
}

static void break_fstab_boot(void)
{
	change("etc/fstab", "192.168.77.1:/srv/tftp/x\t/boot/firmware nfs",
		"LABEL=system-boot\t/boot/firmware  vfat");
}

static void break_fstab_root(void)
{
	change("etc/fstab", "LABEL=writable", "/dev/mmcblk0p2");
}

static void break_swap(void)
{
	change("proc/swaps", "/dev/zram0 partition", "/dev/sda3 partition");
}

static void break_swap_file(void)
{
	change("proc/swaps", "/dev/zram0 partition", "/swapfile file");
}

static void break_clock(void)
{
	const time_t t = time(NULL) + 100000;
	const struct timespec later[2] = {{.tv_sec = t}, {.tv_sec = t}};

	place("var/lib/systemd/timesync/clock", "");
	assert_int_equal(utimensat(AT_FDCWD, "var/lib/systemd/timesync/clock", later, 0), 0);
}

static void break_clock_unset(void)
{
	const struct timespec long_ago[2] = {{.tv_sec = 0}, {.tv_sec = 0}};

	place("1970", "");
	assert_int_equal(utimensat(AT_FDCWD, "var/lib/pinet/sync", long_ago, 0), 0);
}

static void break_units(void)
{
	place("etc/systemd/system/multi-user.target.wants/pinet-good.service", NULL);
}

static void break_hooks(void)
{
	assert_int_equal(chmod("etc/kernel/postinst.d/zz-pinet", 0644), 0);
}

static void break_hooks_gone(void)
{
	place("etc/initramfs/post-update.d/zz-pinet", NULL);
}

static void break_watched(void)
{
	change(BOOT, "firmware.dir=/boot/firmware", "firmware.dir=/boot");
}

static void break_iscsid(void)
{
	place("run/iscsid.pid", NULL);
}

static void break_one_login(void)
{
	change("etc/iscsi/nodes/iqn.2025-01.org.example:x/192.168.77.1,3260,1/default", "onboot",
		"automatic");
}

static void break_session(void)
{
	place("sys/class/iscsi_session/session1/state", "FAILED\n");
}

static void break_patience(void)
{
	place("sys/class/iscsi_session/session1/recovery_tmo", "120\n");
}

static void break_address(void)
{
	change("proc/net/fib_trie", "192.168.77.107", "192.168.77.10");
}

static void break_lease_kept(void)
{
	place("run/pinet/renewal", NULL);
}

static void break_lease(void)
{
	place("run/pinet/renewal",
		"phase=lost\nproblem=the DHCP server refuses the root's address\n");
}

static void break_one_client(void)
{
	place("run/systemd/netif/leases/2", "");
}

static void break_one_client_dhclient(void)
{
	place("run/dhclient.eth0.pid", "17\n");
}

static void break_managers(void)
{
	place("run/systemd/network/00-pinet.network", NULL);
}

static void break_managers_nm(void)
{
	place("usr/sbin/NetworkManager", "");
}

static void break_names(void)
{
	place("etc/resolv.conf", "# nothing\n");
}

static void break_mounted(void)
{
	change("proc/self/mounts", "/boot/firmware", "/mnt");
}

/* At a port where nobody listens. */
static void break_nfs(void)
{
	change("proc/self/mounts", "nfs4 rw", "nfs4 rw,addr=127.0.0.1,port=1");
}

/* Where nobody may make a file, root neither. */
static void break_writable(void)
{
	change("run/pinet/firmware", "/boot/firmware", "/boot/denied");
	change("proc/self/mounts", "/boot/firmware", "/boot/denied");
	link_to("/proc/self/task", "boot/denied");
}

static void break_readable(void)
{
	place("boot/firmware/start4.elf", "");
	assert_int_equal(chmod("boot/firmware/start4.elf", 0640), 0);
	place("boot/firmware/initrd.img", "");
	assert_int_equal(chmod("boot/firmware/initrd.img", 0600), 0);
}

static void break_room(void)
{
	place("full", "");
}

static void break_active(void)
{
	place("boot/firmware/pinet/g000001-6/vmlinuz", "half");
}

static void break_active_manifest(void)
{
	place("boot/firmware/pinet/g000001-6/manifest", "nonsense\n");
}

static void break_active_kernel(void)
{
	place("lib/modules/7/modules.dep", "");
	place("boot/initrd.img-7", "");
	place("lib/modules/6/modules.dep", NULL);
	assert_int_equal(rmdir("lib/modules/6"), 0);
	place("proc/sys/kernel/osrelease", "7\n");
}

static void break_came_up(void)
{
	place("boot/firmware/pinet/states", "g000001-6 trying 2 1795266307\n");
}

static void break_drift(void)
{
	place("run/pinet/drift", "generation g000001-6 is active, but g000002-6 was loaded");
}

static void break_sync(void)
{
	place("var/lib/pinet/sync", "result=pending\nreason=the server is away\n");
}

static void break_modules(void)
{
	place("proc/sys/kernel/osrelease", "8\n");
	place("boot/initrd.img-8", "");
}

static void break_initramfs(void)
{
	place_initramfs("usr/sbin/other\nusr/lib/modules/6/kernel/drivers/e1000e.ko\n");
}

static void break_initramfs_nic(void)
{
	place_initramfs("usr/sbin/pinet\nusr/lib/modules/6/kernel/drivers/virtio_net.ko\n");
}

static const struct broken {
	const char *found;
	void (*break_it)(void);
	const char *words;
} broken[] = {
	{"booted ", break_local, "a local one: no carrier"},
	{"booted ", break_not_ours, "does not ask for it"},
	{"conf ", break_conf, "pinet.conf is malformed"},
	{"conf-words ", break_conf_words, "sever"},
	{"initiator ", break_initiator, "iqn.1993-08.org.debian:01:abc"},
	{"chap-mode ", break_chap, "mode 0640"},
	{"secret ", break_secret, "(iscsi_password)"},
	{"next-cmdline ", break_cmdline, "pinet.lun"},
	{"next-cmdline ", break_cmdline_ours, "has no word for it"},
	{"fstab-boot ", break_fstab_boot, "LABEL=system-boot"},
	{"fstab-root ", break_fstab_root, "/dev/mmcblk0p2"},
	{"swap ", break_swap, "(/dev/sda3)"},
	{"swap ", break_swap_file, "(/swapfile)"},
	{"clock ", break_clock, "before the time of"},
	{"clock ", break_clock_unset, "before 2025"},
	{"units ", break_units, "pinet-good.service is not enabled"},
	{"hooks ", break_hooks, "/etc/kernel/postinst.d/zz-pinet"},
	{"hooks ", break_hooks_gone, "/etc/initramfs/post-update.d/zz-pinet"},
	{"watched ", break_watched, "The boot files are at /boot"},
	{"iscsid ", break_iscsid, "iscsid is not running"},
	{"one-login ", break_one_login, "iqn.2025-01.org.example:x"},
	{"session ", break_session, "(FAILED)"},
	{"patience ", break_patience, "120 s"},
	{"address ", break_address, "192.168.77.107/24 is not on this machine"},
	{"lease-kept ", break_lease_kept, "192.168.77.107"},
	{"lease ", break_lease, "refuses the root's address"},
	{"one-client ", break_one_client, "systemd-networkd has a lease"},
	{"one-client ", break_one_client_dhclient, "/run/dhclient.eth0.pid"},
	{"managers ", break_managers, "00-pinet.network"},
	{"managers ", break_managers_nm, "NetworkManager, if it is started"},
	{"names ", break_names, "192.168.77.1"},
	{"mounted ", break_mounted, "not mounted at /boot/firmware"},
	{"nfs ", break_nfs, "their server is away: 127.0.0.1 refuses connections to port 1"},
	{"writable ", break_writable, "cannot write"},
	{"readable ", break_readable, "/boot/firmware/start4.elf"},
	{"room ", break_room, "may not fit"},
	{"active ", break_active, "vmlinuz"},
	{"active ", break_active_manifest, "damaged"},
	{"active-kernel ", break_active_kernel, "the kernel 6"},
	{"came-up ", break_came_up, "2 times"},
	{"drift ", break_drift, "g000002-6 was loaded"},
	{"sync ", break_sync, "the server is away"},
	{"modules ", break_modules, "kernel 8"},
	{"initramfs ", break_initramfs, "does not have pinet"},
	{"initramfs-nic ", break_initramfs_nic, "lacks e1000e, the driver of eth0"},
};

/* One at a time, each on a machine of its own. */
static void test_broken(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct doctor_finding f = {.what = ""};
		char found[512];
		void *dir;

		assert_int_equal(begin(&dir), 0);
		broken[i].break_it();
		findings(dir, false, found, &f);
		assert_int_equal(end(&dir), 0);
		if (strcmp(found, broken[i].found) != 0 || !strstr(f.what, broken[i].words))
			fail_msg("number %zu, \"%s\": found \"%s\": %s", i, broken[i].found, found,
				f.what);
	}
}

/* Every check that asks no server is broken above; there are enough of them; names are unique. */
static void test_all_are_tested(void **state)
{
	unsigned int n = 0;

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct doctor_check *c = tables[t]; c->name; c++) {
			bool is = tables[t] == doctor_server;

			n++;
			assert_true(strlen(c->name) <= 13);
			assert_true(strlen(c->title) <= 59);
			for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
				is = is ||
				     (strncmp(broken[i].found, c->name, strlen(c->name)) == 0 &&
					     broken[i].found[strlen(c->name)] == ' ');
			if (!is)
				fail_msg("%s has no test", c->name);
		}
	}
	assert_true(n >= 25);
}

/* Any other machine: nothing but that it is none of ours. */
static void test_empty(void **state)
{
	char dir[] = "/tmp/test-doctor-XXXXXX", found[512];
	struct machine_dir p;
	struct doctor_finding f = {.what = ""};

	(void)state;
	assert_non_null(mkdtemp(dir));
	strcpy(p.dir, dir);
	findings(&p, false, found, &f);
	assert_int_equal(rmdir(dir), 0);
	assert_string_equal(found, "booted hooks ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_order, begin, end),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_all_are_tested),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
