/* SPDX-License-Identifier: GPL-2.0-or-later
 * What DHCP options say about the boot, each way of saying it, good and bad.
 */
#include "dhcp_print.h"

static void test_bootfile(void **state)
{
	struct packet k;

	(void)state;
	check_text(67, "pxelinux.0", OPTIONS, "bootfile pxelinux.0\n");
	check_text(67, "http://192.168.77.1/boot?m=1&x=y", OPTIONS,
		"bootfile http://192.168.77.1/boot?m=1&x=y\n");
	check_text(67, "a'b", OPTIONS,
		"note: option 67: ignored \"a'b\": it has a blank, a quote, a control character or "
		"\"..\" in it\n");
	check_text(67, "../../etc/shadow", OPTIONS,
		"note: option 67: ignored \"../../etc/shadow\": it has a blank, a quote, a control "
		"character or \"..\" in it\n");
	check_text(67, "a/..b/c..", OPTIONS, "bootfile a/..b/c..\n");
	packet_begin(&k, DHCP_ACK);
	memcpy(k.p + 108, "from-file", 9);
	check(&k, OPTIONS, "bootfile from-file\n");
	packet_text(&k, 67, "from-option");
	check(&k, OPTIONS, "bootfile from-option\n");
	check_hex("43ff 61*255 430161", OPTIONS,
		"note: option 67: ignored: it is longer than 255 bytes\n");
}

static void test_rootpath(void **state)
{
	static const char *const nfs[][2] = {
		{"/srv/root", ":/srv/root,"},
		{"192.168.77.1:/srv/root", "192.168.77.1:/srv/root,"},
		{"nfs:/srv/root", ":/srv/root,"},
		{"nfs:192.168.77.1:/srv/root", "192.168.77.1:/srv/root,"},
		{"nfs4:server:/srv/root:rw,hard", "server:/srv/root,vers=4,rw,hard"},
		{"192.168.77.1:/srv/root,vers=4", "192.168.77.1:/srv/root,vers=4"},
		{"[fd00::1]:/srv/root", "fd00::1:/srv/root,"},
	};
	static const char *const neither[] = {"aoe:e0.1", "nfs:", "192.168.77.1:srv", "x"};
	char want[200];

	(void)state;
	for (size_t i = 0; i < sizeof(nfs) / sizeof(nfs[0]); i++) {
		snprintf(want, sizeof(want), "rootpath %s\nnfs root %s\n", nfs[i][0], nfs[i][1]);
		check_text(17, nfs[i][0], OPTIONS, want);
	}
	for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++) {
		snprintf(want, sizeof(want),
			"rootpath %s\n"
			"note: option 17: \"%s\" is neither an iSCSI nor an NFS root path\n",
			neither[i], neither[i]);
		check_text(17, neither[i], OPTIONS, want);
	}
	check_text(17, "h;x:/srv", OPTIONS,
		"rootpath h;x:/srv\n"
		"note: option 17: ignored: \"h;x:/srv\": no address or host name stands before the "
		"path\n");
	check_text(17, "/srv/$HOME", OPTIONS,
		"note: option 17: ignored \"/srv/$HOME\": it has a blank, a quote, a control "
		"character or \"..\" in it\n");
	check_text(17, "/srv/../etc", OPTIONS,
		"note: option 17: ignored \"/srv/../etc\": it has a blank, a quote, a control "
		"character or \"..\" in it\n");
	check_text(17, "iscsi:192.168.77.1::3261:40:iqn.2025-01.org.example:a", BOOT,
		"target=iqn.2025-01.org.example:a (option 17)\n"
		"lun=64 (option 17)\n"
		"portal=192.168.77.1:3261 (option 17)\n");
	check_text(17, "iscsi:::::iqn.2025-01.org.example:a", BOOT,
		"target=iqn.2025-01.org.example:a (option 17)\n");
	/* Names and secrets are used, and not kept in the text that others may read. */
	check_text(17, "iscsi:me:secret@192.168.77.1::::iqn.2025-01.org.example:a", OPTIONS,
		"rootpath iscsi:192.168.77.1::::iqn.2025-01.org.example:a\n"
		"chap me:secret::\n"
		"note: option 17: CHAP names and secrets came over the network in the clear\n");
	check_text(17, "iscsi:me:sec'ret@192.168.77.1::::iqn.2025-01.org.example:a", WHOLE,
		ADDRESS "prefix 24\nbroadcast 192.168.77.255\n"
			"note: option 17: root path ignored: it has a blank, a quote, a control "
			"character or \"..\" in it\n");
}

/* A malformed iSCSI root path: nothing of it is used, and the remark says why. */
static void test_rootpath_bad(void **state)
{
	static const char *const bad[] = {"iscsi:", "iscsi:192.168.77.1", "iscsi:h:7:::iqn.a.b",
		"iscsi:h::0::iqn.a.b", "iscsi:h:::zz:iqn.a.b", "iscsi:h::::target"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct notes notes = {.n = 0};
		struct packet k;
		struct lease l;

		packet_begin(&k, DHCP_ACK);
		packet_text(&k, 17, bad[i]);
		assert_int_equal(dhcp_lease_parse(packet_span(&k), &l, &notes, NULL), 0);
		assert_int_equal(notes.n, 1);
		assert_true(strstr(notes.text[0], "option 17") != NULL);
		assert_int_equal(l.boot.n_portals, 0);
		assert_false(l.boot.one[SETTING_TARGET].present);
		assert_string_equal(l.rootpath, "");
	}
}

static void test_server(void **state)
{
	static const struct {
		const char *hex, *siaddr, *want;
	} table[] = {
		{"42013a", "c0a84d08",
			"server=192.168.77.8 (siaddr)\n"
			"note: ignored option 66=:: it must be an address, a host name or dhcp\n"},
		{"4203617000", "c0a84d08", "server=ap (option 66)\n"},
		{"9608c0a84d05c0a84d06", "c0a84d08", "server=192.168.77.5 (option 150)\n"},
		{"960800000000c0a84d06", "c0a84d08", "server=192.168.77.6 (option 150)\n"},
		{"9603c0a84d", "c0a84d08",
			"server=192.168.77.8 (siaddr)\n"
			"note: option 150: ignored: 3 bytes are no list of addresses\n"},
		{"4203617000 9604c0a84d05", "c0a84d08", "server=ap (option 66)\n"},
		{"3604c0a84d01", "c0a84d08", "server=192.168.77.8 (siaddr)\n"},
		{"3604c0a84d01", "00000000", "server=192.168.77.1 (option 54)\n"},
		{"3604c0a84d01", "ffffffff", "server=192.168.77.1 (option 54)\n"},
		{"", "00000000", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct packet k, siaddr = {.len = 0};

		packet_begin(&k, DHCP_ACK);
		packet_hex(&siaddr, table[i].siaddr);
		memcpy(k.p + 20, siaddr.p, 4);
		packet_hex(&k, table[i].hex);
		check(&k, BOOT, table[i].want);
	}
}

/* Option 43 as sub-options of ours. */
static void test_vendor_tlv(void **state)
{
	struct packet k, sub = {.len = 0};

	(void)state;
	packet_text(&sub, 1, "192.168.77.2");
	packet_text(&sub, 2, "iqn.2025-01.org.example:%i");
	packet_text(&sub, 3, "192.168.77.3");
	packet_text(&sub, 3, "192.168.77.4:3261,2");
	packet_text(&sub, 4, "iqn.1993-08.org.debian:01:%m");
	packet_text(&sub, 5, "3");
	packet_text(&sub, 6, "192.168.77.2:/srv/tftp/%s");
	packet_text(&sub, 7, "vers=4.2,soft");
	packet_text(&sub, 8, "serial");
	packet_text(&sub, 9, "192.168.77.9:514");
	packet_begin(&k, DHCP_ACK);
	/* What is said to all clients loses against what is said to our class. */
	packet_text(&k, 17, "iscsi:192.168.77.99::::iqn.2025-01.org.example:x");
	packet_text(&k, 203, "iqn.2025-01.org.example:y");
	packet_text(&k, 66, "192.168.77.98");
	packet_option(&k, 43, sub.p, sub.len);
	check(&k, BOOT,
		"server=192.168.77.2 (option 43.1)\n"
		"id=serial (option 43.8)\n"
		"target=iqn.2025-01.org.example:%i (option 43.2)\n"
		"initiator=iqn.1993-08.org.debian:01:%m (option 43.4)\n"
		"lun=3 (option 43.5)\n"
		"firmware=192.168.77.2:/srv/tftp/%s (option 43.6)\n"
		"firmware.options=vers=4.2,soft (option 43.7)\n"
		"log=192.168.77.9:514 (option 43.9)\n"
		"portal=192.168.77.3 (option 43.3)\n"
		"portal=192.168.77.4:3261,2 (option 43.3)\n");
	/* Bad values and unknown sub-options spoil nothing else. */
	sub.len = 0;
	packet_text(&sub, 5, "x");
	packet_text(&sub, 6, "h:/a/../b");
	packet_text(&sub, 99, "?");
	packet_text(&sub, 8, "mac");
	packet_hex(&sub, "00 ff 61");
	packet_begin(&k, DHCP_ACK);
	packet_option(&k, 43, sub.p, sub.len);
	check(&k, BOOT,
		"id=mac (option 43.8)\n"
		"note: ignored option 43.5=x: it must be auto or a number from 0 to 16383\n"
		"note: option 43.6: ignored \"h:/a/../b\": it has a blank, a quote, a control "
		"character or \"..\" in it\n"
		"note: option 43.99: ignored: there is no such sub-option\n");
}

/* The sub-options of network adapters with iSCSI firmware. */
static void test_vendor_adapter(void **state)
{
	static const char first[] = "iscsi:192.168.77.1:::1:iqn.2025-01.org.example:a";
	struct packet k, sub = {.len = 0};

	(void)state;
	packet_text(&sub, 202, "iscsi:192.168.78.1:::1:iqn.2025-01.org.example:a");
	packet_text(&sub, 201, first);
	packet_text(&sub, 203, "iqn.2025-01.org.example:me");
	packet_begin(&k, DHCP_ACK);
	packet_option(&k, 43, sub.p, sub.len);
	check(&k, BOOT,
		"target=iqn.2025-01.org.example:a (option 43.201)\n"
		"initiator=iqn.2025-01.org.example:me (option 43.203)\n"
		"lun=1 (option 43.201)\n"
		"portal=192.168.77.1:3260 (option 43.202)\n"
		"portal=192.168.78.1:3260 (option 43.202)\n");
	sub.len = 0;
	packet_text(&sub, 201, first);
	packet_text(&sub, 202, "iscsi:192.168.78.1:::1:iqn.2025-01.org.example:b");
	packet_begin(&k, DHCP_ACK);
	packet_option(&k, 43, sub.p, sub.len);
	check(&k, BOOT,
		"target=iqn.2025-01.org.example:a (option 43.201)\n"
		"lun=1 (option 43.201)\n"
		"portal=192.168.77.1:3260 (option 43.201)\n"
		"note: option 43.202: ignored: a second target cannot hold the root\n");
	sub.len = 0;
	packet_text(&sub, 202, first);
	packet_begin(&k, DHCP_ACK);
	packet_option(&k, 43, sub.p, sub.len);
	check(&k, BOOT,
		"target=iqn.2025-01.org.example:a (option 43.202)\n"
		"lun=1 (option 43.202)\n"
		"portal=192.168.77.1:3260 (option 43.202)\n");
}

static void test_vendor_text(void **state)
{
	struct packet k;

	(void)state;
	check_text(43, "pinet.server=192.168.77.2 pinet.lun=x pinet.id=serial", BOOT,
		"server=192.168.77.2 (option 43)\n"
		"id=serial (option 43)\n"
		"note: option 43: ignored: option 43=x: it must be auto or a number from 0 to "
		"16383\n");
	check_text(43, "Raspberry Pi Boot", WHOLE,
		ADDRESS "prefix 24\nbroadcast 192.168.77.255\npi boot server\n");
	check_text(43, "Raspberry Pi Boot   ", OPTIONS, "pi boot server\n");
	check_text(43, "Raspberry", OPTIONS,
		"note: option 43: ignored \"Raspberry\": neither sub-options nor pinet words\n");
	check_text(43, "\x1b[2J", OPTIONS,
		"note: option 43: ignored \"\\x1b[2J\": neither sub-options nor pinet words\n");
	packet_begin(&k, DHCP_ACK);
	packet_text(&k, 60, "PXEClient");
	packet_hex(&k, "2b03060103");
	check(&k, BOOT, "note: option 43: ignored: the server says that it is for PXE clients\n");
}

static void test_words(void **state)
{
	struct packet k;

	(void)state;
	packet_begin(&k, DHCP_ACK);
	packet_text(&k, 43, "pinet.portal=192.168.77.2 pinet.id=serial");
	packet_text(&k, 224, "pinet.portal=192.168.77.3  pinet.portal=192.168.77.4 pinet.lun=2 ");
	check(&k, BOOT,
		"id=serial (option 43)\n"
		"lun=2 (option 224)\n"
		"portal=192.168.77.3 (option 224)\n"
		"portal=192.168.77.4 (option 224)\n");
	check_text(224, "pinet.root=LABEL=a'b pinet.root=LABEL=$x pinet.nonsense=1 root=/dev/sda",
		BOOT,
		"note: option 224: ignored \"pinet.root=LABEL=a'b\": it has a blank, a quote, a "
		"control character or \"..\" in it\n"
		"note: option 224: ignored \"pinet.root=LABEL=$x\": it has a blank, a quote, a "
		"control character or \"..\" in it\n"
		"note: option 224: ignored \"pinet.nonsense\": there is no such setting\n"
		"note: option 224: ignored \"root\": it is no pinet.NAME=VALUE\n");
	check_hex("e0020000", BOOT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bootfile),
		cmocka_unit_test(test_rootpath),
		cmocka_unit_test(test_rootpath_bad),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_vendor_tlv),
		cmocka_unit_test(test_vendor_adapter),
		cmocka_unit_test(test_vendor_text),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
