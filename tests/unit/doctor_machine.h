/* SPDX-License-Identifier: GPL-2.0-or-later
 * A made-up diskless client that is in order, for the tests of pinet doctor.
 */
#ifndef UNIT_DOCTOR_MACHINE_H
#define UNIT_DOCTOR_MACHINE_H

#include "store/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "cmd/doctor.h"
#include "cpio_archive.h"

#define BOOT "run/pinet/boot"

/* A file of the made-up machine, which is the working directory; NULL: it goes. */
static inline void place(const char *path, const char *text)
{
	char dir[PATH_MAX];

	if (!text) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	(void)snprintf(dir, sizeof(dir), "./%s", path);
	*strrchr(dir, '/') = '\0';
	assert_int_equal(fs_mkdirs(dir, 0755), 0);
	assert_int_equal(fs_replace(path, text, 0644), 0);
}

/* Puts @to in the place of @from in a file. */
static inline void change(const char *path, const char *from, const char *to)
{
	char text[4096], out[8192];
	ssize_t n = fs_read(path, text, sizeof(text));
	char *at = n > 0 ? strstr(text, from) : NULL;

	assert_non_null(at);
	*at = '\0';
	(void)snprintf(out, sizeof(out), "%s%s%s", text, to, at + strlen(from));
	place(path, out);
}

static inline void link_to(const char *to, const char *path)
{
	place(path, "");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(to, path), 0);
}

/* The initramfs of this kernel, with files of these names, one a line. */
static inline void place_initramfs(const char *names)
{
	char archive[4096];
	size_t n = archive_of(archive, names);
	FILE *f;

	place("boot/initrd.img-6", "");
	f = fopen("boot/initrd.img-6", "we");
	assert_non_null(f);
	assert_int_equal(fwrite(archive, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static inline void make_state(void)
{
	place(BOOT,
		"result=ok\nnetwork.interface=eth0\nnetwork.mac=dc:a6:32:e9:00:4c\n"
		"network.address=192.168.77.107/24\nsession.target=iqn.2025-01.org.example:x\n"
		"session.portal=192.168.77.1:3260\nsession.initiator=iqn.1993-08.org.debian:01:x\n"
		"root.device=/dev/sda2\nfirmware.on=1\nfirmware.dir=/boot/firmware\n"
		"firmware.host=192.168.77.1\nfirmware.path=/srv/tftp/x\n");
	place("run/pinet/lease", "address=192.168.77.107\nlease_s=600\ndns=192.168.77.1\n");
	place("run/pinet/renewal", "phase=bound\nproblem=\n");
	place("run/pinet/firmware", "mounted=1\nwhere=/boot/firmware\n");
	place("var/lib/pinet/sync", "result=ok\n");
}

static inline void make_system(void)
{
	place("etc/pinet/pinet.conf",
		"server = 192.168.77.1\ninitiator = iqn.1993-08.org.debian:01:%i\n");
	place("etc/pinet/chap.conf", "username = x\npassword = 123456789012\n");
	assert_int_equal(chmod("etc/pinet/chap.conf", 0600), 0);
	place("etc/fstab", "# comment\nLABEL=writable / ext4 defaults 0 1\n"
			   "192.168.77.1:/srv/tftp/x\t/boot/firmware nfs defaults 0 0\n");
	place("etc/resolv.conf", "nameserver 192.168.77.1\n");
	place("etc/systemd/system/multi-user.target.wants/pinet-good.service", "");
	place("etc/systemd/system/multi-user.target.wants/pinet-sync.service", "");
	place("etc/systemd/system/multi-user.target.wants/pinet-sync.path", "");
	place("etc/kernel/postinst.d/zz-pinet", "");
	place("etc/kernel/postrm.d/zz-pinet", "");
	place("etc/initramfs/post-update.d/zz-pinet", "");
	assert_int_equal(chmod("etc/kernel/postinst.d/zz-pinet", 0755), 0);
	assert_int_equal(chmod("etc/kernel/postrm.d/zz-pinet", 0755), 0);
	assert_int_equal(chmod("etc/initramfs/post-update.d/zz-pinet", 0755), 0);
	place("etc/iscsi/nodes/iqn.2025-01.org.example:x/192.168.77.1,3260,1/default",
		"node.startup = onboot\n");
	place("lib/systemd/systemd-networkd", "");
	place("run/systemd/network/00-pinet.network", "");
	place("run/iscsid.pid", "1\n");
	place("lib/modules/6/modules.dep", "");
	place_initramfs("usr/sbin/pinet\nusr/lib/modules/6/kernel/drivers/e1000e.ko\n");
}

static inline void make_kernel(void)
{
	place("proc/cmdline", "root=LABEL=writable pinet.server=192.168.77.1\n");
	place("proc/sys/kernel/osrelease", "6\n");
	place("proc/swaps", "Filename Type Size Used Priority\n/dev/zram0 partition 1 0 5\n");
	place("proc/net/fib_trie",
		"Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 192.168.77.0\n        /24 link UNICAST\n"
		"        |-- 192.168.77.107\n           /32 host LOCAL\n");
	place("proc/self/mounts", "/dev/sda2 / ext4 rw 0 0\n"
				  "192.168.77.1:/srv/tftp/x /boot/firmware nfs4 rw 0 0\n");
	place("sys/class/iscsi_session/session1/targetname", "iqn.2025-01.org.example:x\n");
	place("sys/class/iscsi_session/session1/state", "LOGGED_IN\n");
	place("sys/class/iscsi_session/session1/recovery_tmo", "86400\n");
	place("sys/class/net/eth0/ifindex", "2\n");
	link_to("../../../../module/e1000e", "sys/class/net/eth0/device/driver/module");
}

static inline void stage_text(
	struct stage *s, enum manifest_role role, const char *path, const char *text)
{
	struct stage_item item = {.role = role, .path = path, .dirfd = -1, .text = text};
	struct err err;

	if (stage_file(s, &item, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* The boot server, with generation 1 active. */
static inline void make_boot(void)
{
	struct manifest meta = {.generation = "g000001-6",
		.kernel = "6",
		.created_s = 1764000000,
		.layout = MANIFEST_LINK};
	struct err err;
	int ours;

	place("boot/firmware/pinet/states", "");
	assert_int_equal(unlink("boot/firmware/pinet/states"), 0);
	ours = open("boot/firmware/pinet", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(ours >= 0);
	{
		_cleanup_stage_ struct stage s = {.begun = false};

		if (stage_begin(ours, &meta, NULL, 0, &s, &err) < 0)
			fail_msg("%s", err.text);
		stage_text(&s, MANIFEST_KERNEL, "vmlinuz", "a kernel");
		stage_text(&s, MANIFEST_INITRAMFS, "initrd.img", "an initramfs");
		stage_text(&s, MANIFEST_CMDLINE, "cmdline.txt",
			"root=LABEL=writable pinet.server=192.168.77.1");
		if (stage_commit(&s, &err) < 0)
			fail_msg("%s", err.text);
	}
	close(ours);
	assert_int_equal(symlink("g000001-6", "boot/firmware/pinet/active"), 0);
}

struct machine_dir {
	char dir[40];
	int before;
};

static inline int begin(void **state)
{
	struct machine_dir *p = calloc(1, sizeof(*p));

	if (!p)
		return -1;
	strcpy(p->dir, "/tmp/test-doctor-XXXXXX");
	p->before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->before < 0 || !mkdtemp(p->dir) || chdir(p->dir) < 0)
		return -1;
	make_state();
	make_system();
	make_kernel();
	make_boot();
	*state = p;
	return 0;
}

static inline int end(void **state)
{
	struct machine_dir *p = *state;
	const char *const argv[] = {"/bin/rm", "-rf", p->dir, NULL};
	int r = fchdir(p->before);

	r |= close(p->before);
	r |= proc_run(argv, clock_now_ms() + 10000, NULL, 0);
	free(p);
	return r;
}

#endif
