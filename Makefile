# pinet-initramfs. `make V=1` shows the commands.
CC ?= gcc
BUILD ?= build
V ?= 0
Q = $(if $(filter 1,$(V)),,@)

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wcast-align \
	-Wconversion -Wno-sign-conversion -Wformat=2 -Wpointer-arith -Wundef -Wswitch-enum -Werror
CFLAGS ?= -O2 -g
# Static and position-independent: no shared library is in the image.
HARDEN = -fstack-protector-strong -fPIE
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) $(HARDEN) -DPINET_VERSION='"$(VERSION)"' \
	-Iagent $(CPPFLAGS) $(CFLAGS)
ALL_LDFLAGS = -static-pie -Wl,-z,relro,-z,now -Wl,--gc-sections $(LDFLAGS)
LIBS = -lblkid -luuid

VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)
SRC := $(wildcard agent/*.c agent/*/*.c)
OBJ := $(SRC:%.c=$(BUILD)/%.o)
# Everything but main(): what the tests link.
LIBOBJ := $(filter-out $(BUILD)/agent/main.o,$(OBJ))

all: $(BUILD)/pinet

$(BUILD)/pinet: $(OBJ)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(OBJ) $(LIBS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

-include $(OBJ:.o=.d)

include tests/tests.mk

install: $(BUILD)/pinet
	install -D -m 0755 $(BUILD)/pinet $(DESTDIR)/usr/sbin/pinet

deb:
	dpkg-buildpackage -us -uc -b

format:
	clang-format -i $(shell git ls-files 'agent/*.[ch]' 'tests/*.[ch]')

clean:
	rm -rf $(BUILD)

.PHONY: all install deb format clean
