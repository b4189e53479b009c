/* SPDX-License-Identifier: GPL-2.0-or-later
 * DHCP messages for tests: made option by option, or recorded from real servers.
 */
#ifndef UNIT_DHCP_PACKETS_H
#define UNIT_DHCP_PACKETS_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "source/dhcp_msg.h"

#define PACKET_XID 0x11223344u
#define PACKET_MAC                                                                                 \
	{                                                                                          \
		0x02, 0x00, 0x00, 0x00, 0x00, 0x07                                                 \
	}

struct packet {
	uint8_t p[DHCP_MSG_SIZE + 64];
	size_t len;
};

static inline void packet_byte(struct packet *k, unsigned int byte)
{
	if (k->len == sizeof(k->p))
		abort(); /* a test that makes too much */
	k->p[k->len++] = (uint8_t)byte;
}

/* Appends hexadecimal bytes; blanks are skipped and HH*N repeats a byte. */
static inline void packet_hex(struct packet *k, const char *hex)
{
	while (*hex) {
		char pair[3] = {hex[0], hex[1], '\0'};
		unsigned long byte, times = 1;

		if (*hex == ' ') {
			hex++;
			continue;
		}
		byte = strtoul(pair, NULL, 16);
		hex += 2;
		if (*hex == '*')
			times = strtoul(hex + 1, (char **)&hex, 10);
		while (times--)
			packet_byte(k, (unsigned int)byte);
	}
}

static inline void packet_option(struct packet *k, unsigned int code, const void *value, size_t len)
{
	packet_byte(k, code);
	packet_byte(k, (unsigned int)len);
	for (size_t i = 0; i < len; i++)
		packet_byte(k, ((const uint8_t *)value)[i]);
}

static inline void packet_text(struct packet *k, unsigned int code, const char *text)
{
	packet_option(k, code, text, strlen(text));
}

/* The header of a server's answer for 192.168.77.107, and its type. */
static inline void packet_begin(struct packet *k, enum dhcp_type type)
{
	k->len = 0;
	packet_hex(k, "02010600 11223344 00008000 00000000 c0a84d6b 00*8 020000000007 00*202");
	packet_hex(k, "63825363 3501");
	packet_byte(k, type);
}

/* With server identifier, netmask and lease time: enough for the client. */
static inline void packet_begin_lease(struct packet *k, enum dhcp_type type)
{
	packet_begin(k, type);
	packet_hex(k, "3604c0a84d01 0104ffffff00 330400000258");
}

static inline struct span packet_span(const struct packet *k)
{
	return span_of(k->p, k->len);
}

/* dnsmasq 2.90, iSCSI root by options 17, 203, 43 for our class, and 224; NUL behind 66 and 67. */
#define RECORDED_DNSMASQ_ISCSI                                                                     \
	"0201060038a0ff1b0000800000000000c0a84d6bc0a84d0100000000020000000007 00*202 63825363"     \
	"350105 3604c0a84d01 330400000258 430b7078656c696e75782e3000 3a040000012c 3b040000020d"    \
	"0104ffffff00 1c04c0a84dff 0f0f6c61622e6578616d706c652e6f7267 0c07636c69656e7437"          \
	"e03f70696e65742e6669726d776172653d3139322e3136382e37372e313a2f7372762f746674702f25692070" \
	"696e65742e6c6f673d3139322e3136382e37372e34"                                               \
	"cb1c69716e2e313939332d30382e6f72672e64656269616e3a30313a6337"                             \
	"113b69736373693a3139322e3136382e37372e313a363a333236303a313a69716e2e323032352d30312e6f72" \
	"672e6578616d706c653a636c69656e7437"                                                       \
	"790b080ac0a84d0300c0a84d01 7719036c6162076578616d706c65036f726700c00403737562c000"        \
	"420d3139322e3136382e37372e3900 1a020578 0608c0a84d01c0a84d02 0304c0a84d01"                \
	"2b1c03113139322e3136382e37372e353a33323631080673657269616cff 3c0570696e6574 ff"

/*
 * ISC dhcpd 4.4.3 to a client that takes 576 bytes: overloads file and sname, splits option 224
 * over all three fields, has no END behind the options; bare string for the Pi in 43; NFS root path.
 */
#define RECORDED_DHCPD_OVERLOAD                                                                    \
	"02010600d2d3f9530000800000000000c0a84d6b 00*8 020000000007 00*10"                         \
	"e01670696e65742e6c6f673d3139322e3136382e37372e33ff 00*39"                                 \
	"e07d30382e6f72672e64656269616e3a30313a616e2d696e69746961746f722d6e616d652d746861742d6973" \
	"2d616c736f2d71756974652d6c6f6e672070696e65742e706f7274616c3d3139322e3136382e37372e313a33" \
	"3236302c312070696e65742e706f7274616c3d3139322e3136382e37372e323a333236302c3120ff"         \
	"63825363 350105 3604c0a84d01 330400000258 0104ffffff00 790d180a0102c0a84d0300c0a84d01"    \
	"0304c0a84d01 0604c0a84d01 0c07636c69656e7437 0f0f6c61622e6578616d706c652e6f7267"          \
	"11213139322e3136382e37372e313a2f7372762f6e66732f726f6f742c766572733d34"                   \
	"2b1152617370626572727920506920426f6f74 420c3139322e3136382e32302e31"                      \
	"7713036c6162076578616d706c65036f726700c004"                                               \
	"e08c70696e65742e7461726765743d69716e2e323032352d30312e6f72672e6578616d706c653a612d726174" \
	"6865722d6c6f6e672d7461726765742d6e616d652d666f722d7468652d636c69656e742d696e2d7468652d74" \
	"686972642d7261636b2d6f662d7468652d7365636f6e642d68616c6c2070696e65742e696e69746961746f72" \
	"3d69716e2e313939332d 340103"

/* dnsmasq 2.90 with the menu of its pxe-service in 43, as the Raspberry Pi's firmware wants it. */
#define RECORDED_DNSMASQ_PI                                                                        \
	"02010600ab6e8a680000800000000000c0a84d64c0a84d0100000000020000000007 00*202 63825363"     \
	"350105 3604c0a84d01 330400000258 430d626f6f74636f64652e62696e00 3a040000012c"             \
	"3b040000020d 0104ffffff00 1c04c0a84dff 0304c0a84d01"                                      \
	"2b200601030a0400505845091400001152617370626572727920506920426f6f74ff ff"

#endif
