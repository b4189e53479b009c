# SPDX-License-Identifier: GPL-2.0-or-later
# pinet-initramfs. `make V=1` shows the commands, BUILD=DIR builds elsewhere.
#: all            BUILD/pinet, and BUILD/pinet-agent for the initramfs
#: deb            the package, beside this directory
#: install        into DESTDIR; install-server: pinet-server
#: format         clang-format over all C files
#: clean          removes BUILD
CC ?= gcc
BUILD ?= build
V ?= 0
Q = $(if $(filter 1,$(V)),,@)

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wcast-align \
	-Wconversion -Wno-sign-conversion -Wformat=2 -Wpointer-arith -Wundef -Wswitch-enum -Werror
CFLAGS ?= -Os -g
# Static and position-independent: no shared library is in the image.
HARDEN = -fstack-protector-strong -fPIE -ffunction-sections -fdata-sections
# Relocations in a tenth of the room, which GNU ld can do for this architecture alone so far.
ifneq ($(filter x86_64%,$(shell $(CC) -dumpmachine 2>/dev/null)),)
RELR = -Wl,-z,pack-relative-relocs
endif
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) $(HARDEN) -DPINET_VERSION='"$(VERSION)"' \
	-Iagent $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -static-pie -Wl,-z,relro,-z,now $(RELR) -Wl,--gc-sections \
	-Wl,--no-eh-frame-hdr,-T,agent/agent.ld $(LDFLAGS)
LIBS = -lblkid -luuid -lnettle -lresolv

VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
SRC := $(wildcard agent/*.c agent/*/*.c)
OBJ := $(SRC:%.c=$(BUILD)/%.o)
# Everything but main() and its tables: what the tests link.
LIBOBJ := $(filter-out $(BUILD)/agent/main.o $(BUILD)/agent/cmd/table_%.o,$(OBJ))

all: $(BUILD)/pinet $(BUILD)/pinet-agent

# The command of a running system, and the agent for the initramfs, which has fewer commands: the
# linker leaves out what these do not need.
$(BUILD)/pinet: $(filter-out %/table_none.o,$(OBJ))
$(BUILD)/pinet-agent: $(filter-out %/table_system.o,$(OBJ))
$(BUILD)/pinet $(BUILD)/pinet-agent:
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

include tests/tests.mk

# The agent runs where there are no shared libraries.
static-check: $(BUILD)/pinet $(BUILD)/pinet-agent
	@tests/lint/static $^

TOOLS = $(DESTDIR)/usr/share/initramfs-tools
UNITDIR ?= /usr/lib/systemd/system

install: $(BUILD)/pinet $(BUILD)/pinet-agent
	install -D -m 0755 $(BUILD)/pinet $(DESTDIR)/usr/sbin/pinet
	install -D -m 0755 $(BUILD)/pinet-agent $(DESTDIR)/usr/lib/pinet/agent
	install -D -m 0755 hooks/pinet $(TOOLS)/hooks/pinet
	install -D -m 0644 hooks/modules $(DESTDIR)/usr/share/pinet/modules
	set -e; for stage in local-top local-bottom init-bottom panic; do \
		install -D -m 0755 scripts/$$stage/pinet $(TOOLS)/scripts/$$stage/pinet; \
	done
	set -e; for stage in top bottom; do \
		install -D -m 0755 scripts/local-$$stage/pinet $(TOOLS)/scripts/nfs-$$stage/pinet; \
	done
	install -D -m 0644 conf/conf-hooks.d/pinet $(TOOLS)/conf-hooks.d/pinet
	install -D -m 0644 conf/pinet.conf $(DESTDIR)/etc/pinet/pinet.conf
	set -e; for directory in kernel/postinst.d kernel/postrm.d initramfs/post-update.d; do \
		install -D -m 0755 conf/kernel/zz-pinet $(DESTDIR)/etc/$$directory/zz-pinet; \
	done
	install -D -m 0755 conf/kernel/prerm $(DESTDIR)/etc/kernel/prerm.d/pinet
	install -D -m 0755 conf/update-motd.d/80-pinet $(DESTDIR)/etc/update-motd.d/80-pinet
	install -D -m 0644 -t $(DESTDIR)$(UNITDIR) conf/systemd/*
	install -D -m 0755 conf/system-shutdown/pinet $(DESTDIR)$(dir $(UNITDIR))system-shutdown/pinet
	install -D -m 0644 conf/bash-completion/pinet \
		$(DESTDIR)/usr/share/bash-completion/completions/pinet

SERVER = $(DESTDIR)/usr/share/pinet-server

install-server:
	install -D -m 0755 server/pinet-server $(DESTDIR)/usr/sbin/pinet-server
	install -D -m 0644 -t $(SERVER) server/*.sh
	install -D -m 0755 -t $(SERVER) server/tgt-account server/boot-log
	install -D -m 0644 conf/bash-completion/pinet-server \
		$(DESTDIR)/usr/share/bash-completion/completions/pinet-server

deb:
	dpkg-buildpackage -us -uc -b

format:
	clang-format -i $(shell git ls-files 'agent/*.[ch]' 'tests/*.[ch]')

clean:
	rm -rf $(BUILD)

help:
	@sed -n 's/^#: /make /p' Makefile tests/tests.mk tests/e2e/e2e.mk

.PHONY: all help install install-server static-check deb format clean
