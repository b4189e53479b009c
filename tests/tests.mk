# SPDX-License-Identifier: GPL-2.0-or-later
# The tests: included by the Makefile. Every test is a line "ok NAME" or "not ok NAME" of its part;
# tests/run runs parts, as make targets, and counts. What a part needs that is missing is an error.
#: unit           unit tests, by gcc and by clang with sanitizers; unit-arm64 cross-built, under qemu
#: golden         plans that must come of command line, pinet.conf and lease
#: shell          hooks and boot scripts under dash and busybox; completion under bash
#: package        the package installed, upgraded, removed and purged by dpkg, with kernels
#: iscsi          the iSCSI client on the wire, against tgtd and a made-up target; iscsi-lio in a guest; needs root
#: dhcp           the examples for DHCP servers, run by the real ones, and the plans they lead to; needs root
#: lease          pinet lease, pinet.log=, pinet doctor, pinet mount, systemd-networkd, 3 min; needs root
#: server         pinet-server on made-up machines, with real servers and killed; needs root
#: sim            the simulated bootloader of a Raspberry Pi, over real TFTP servers; needs root
#: crash          sync killed at, and failing in, every system call, 20 min; crash-quick: a part
#: fuzz-corpus    each harness over its corpus
#: fuzz           each harness for FUZZ_SECONDS=60
#: lint           the rules of the tree; tidy: clang's analyzer
#: clang          the agent by the other compiler, in BUILD/clang
#: sync           pinet sync in temporary directories; needs root
#: deb-check      the package from a copy of the tree, lintian, the arm64 package
#: network        lease dhcp iscsi server, at once
#: check          unit golden shell network sim sync fuzz-corpus
#: test           everything that fits: lint tidy clang check crash-quick unit-arm64 deb-check package e2e-quick
#: deps           installs what all of it needs
CLANG ?= clang
HOST_ARCH := $(shell dpkg --print-architecture)
# The other board, which is not other on such a board.
CROSS := $(filter-out $(HOST_ARCH),arm64)
FUZZ_SECONDS ?= 60

UNIT := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
FUZZ := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

# A program that writes beyond an array or counts past the end of a type ends there and then. The
# harnesses link the same objects, so these also tell a fuzzer where they have been.
SANITIZE = -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all

# $(call variant,DIR,COMPILER,FLAGS,LIBRARIES): another build of the agent, in BUILD/DIR.
define variant
$(BUILD)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	@echo "  CC      $$< ($(1))"
	$$(Q)$(2) $$(ALL_CFLAGS) $(3) -MMD -MP -c -o $$@ $$<

-include $$(wildcard $(BUILD)/$(1)/*/*.d $(BUILD)/$(1)/*/*/*.d)
endef
$(eval $(call variant,asan,$(CLANG),$(SANITIZE)))
$(eval $(call variant,clang,$(CLANG)))
$(eval $(call variant,arm64,aarch64-linux-gnu-gcc))

# $(call unit,NAME,DIR,COMPILER,FLAGS,RUNNER): the unit tests of one build; prints NAME/test_X.
define unit
$(UNIT:%=$(2)/tests/unit/%): $(2)/tests/unit/%: $(2)/tests/unit/%.o $(LIBOBJ:$(BUILD)/%=$(2)/%)
	@echo "  LD      $$@"
	$$(Q)$(3) $(4) -o $$@ $$^ -lcmocka $$(LIBS)

$(UNIT:%=run-$(1)-%): run-$(1)-%: $(2)/tests/unit/%
	@tests/report $(1)/$$* timeout 600 $(5) $$<

$(1): $(UNIT:%=run-$(1)-%)

.PHONY: $(1) $(UNIT:%=run-$(1)-%)
.SECONDARY: $(UNIT:%=$(2)/tests/unit/%) $(UNIT:%=$(2)/tests/unit/%.o)
endef
$(eval $(call unit,unit-gcc,$(BUILD),$(CC)))
$(eval $(call unit,unit-asan,$(BUILD)/asan,$(CLANG),$(SANITIZE)))
$(eval $(call unit,unit-arm64,$(BUILD)/arm64,aarch64-linux-gnu-gcc,,qemu-aarch64-static))
-include $(UNIT:%=$(BUILD)/tests/unit/%.d)

unit: unit-gcc unit-asan

golden: $(BUILD)/pinet
	@tests/golden/run $<

$(FUZZ:%=$(BUILD)/asan/tests/fuzz/%): %: %.o $(LIBOBJ:$(BUILD)/%=$(BUILD)/asan/%)
	@echo "  LD      $@"
	$(Q)$(CLANG) $(SANITIZE) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# The network as a boot brings it up, and nothing else of one.
$(BUILD)/tests/dhcp/up: $(BUILD)/tests/dhcp/up.o $(LIBOBJ)
	@echo "  LD      $@"
	$(Q)$(CC) -o $@ $^ $(LIBS)

dhcp: $(BUILD)/pinet $(BUILD)/tests/dhcp/up
	@tests/dhcp/run $<
	@tests/dhcp/live $(BUILD)/tests/dhcp/up

# The first one waits for two minutes, most of the time.
LEASE := lease-run lease-log lease-doctor lease-networkd lease-mount

lease: $(LEASE)

$(LEASE): lease-%: $(BUILD)/pinet
	@tests/lease/$* $<

# All that has servers, at once, for most of it waits.
network: lease dhcp iscsi server

# Hooks and scripts, in a made-up root.
shell: shell-run shell-completion

shell-run:
	@tests/shell/run

shell-completion: $(BUILD)/pinet
	@tests/shell/completion $<

# In a Debian system each, without a guest.
PACKAGE := package-bookworm package-trixie

package: $(PACKAGE)

$(PACKAGE): package-%: e2e-deps e2e-deb
	@tests/package/run $(E2E_DEB) $*

# All that needs no kernel: a login, and the end of it.
$(BUILD)/tests/iscsi/dial $(BUILD)/tests/iscsi/session: %: %.o $(LIBOBJ)
	@echo "  LD      $@"
	$(Q)$(CC) -o $@ $^ $(LIBS)

iscsi: $(BUILD)/pinet $(BUILD)/tests/iscsi/dial
	@tests/iscsi/run $^

# In a guest, which is up in seconds.
iscsi-lio: $(BUILD)/pinet $(BUILD)/tests/iscsi/dial $(BUILD)/tests/iscsi/session e2e-deps
	@tests/iscsi/run $(BUILD)/pinet $(BUILD)/tests/iscsi/dial lio $(BUILD)/tests/iscsi/session

# pinet-server, each file of its tests by itself.
SERVER_TESTS := $(patsubst tests/server/%,server-%,$(filter-out %/lib %/lib-dhcp %/lib-iscsi,$(wildcard tests/server/*)))

server: $(SERVER_TESTS)

$(SERVER_TESTS): server-%:
	@tests/server/$*

# What a Raspberry Pi would boot: other tests rely on it.
sim:
	@tests/sim/run

# Boot files become generations, as far as that needs no guest.
sync: $(BUILD)/pinet
	@tests/sync/run $<

# The agent whose writes are all cut short.
$(BUILD)/crash/pinet: $(filter-out %/table_none.o,$(OBJ)) $(BUILD)/tests/crash/short_write.o
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -Wl,--wrap=write -o $@ $^ $(LIBS)

# What the agent does to generations in the initramfs.
$(BUILD)/crash/trial: $(BUILD)/tests/crash/trial.o $(LIBOBJ)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

crash crash-quick: $(BUILD)/pinet $(BUILD)/crash/pinet $(BUILD)/crash/trial
	@tests/crash/run $< --short $(BUILD)/crash/pinet --trial $(BUILD)/crash/trial $(if $(filter crash,$@),--whole)

# Each harness once over every file of its corpus.
$(FUZZ:%=run-%): run-%: $(BUILD)/asan/tests/fuzz/%
	@tests/report fuzz-corpus/$* timeout 120 $< -timeout=10 tests/fuzz/corpus/$(*:fuzz_%=%)/*

fuzz-corpus: $(FUZZ:%=run-%)

# What is found and worth keeping goes from BUILD/fuzz to tests/fuzz/corpus by hand.
$(FUZZ:%=long-%): long-%: $(BUILD)/asan/tests/fuzz/%
	@mkdir -p $(BUILD)/fuzz/$*
	@tests/report fuzz/$* $< -timeout=10 -max_total_time=$(FUZZ_SECONDS) \
		-artifact_prefix=$(BUILD)/fuzz/ \
		$(patsubst %,-dict=%,$(wildcard tests/fuzz/$(*:fuzz_%=%).dict)) \
		$(BUILD)/fuzz/$* tests/fuzz/corpus/$(*:fuzz_%=%)

fuzz: $(FUZZ:%=long-%)

# The other compiler has other warnings.
$(BUILD)/clang/pinet: $(patsubst $(BUILD)/%,$(BUILD)/clang/%,$(filter-out %/table_none.o,$(OBJ)))
	@echo "  LD      $@"
	$(Q)$(CLANG) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

clang: $(BUILD)/clang/pinet
	@tests/report clang/pinet $< --version

# Rules of the tree that a program can check. Only files that git knows: work in progress has time.
FILES = $(wildcard $(shell git ls-files -- . ':!tests/golden/*-*' ':!tests/fuzz/corpus'))
C_FILES = $(filter %.c %.h,$(FILES))
AGENT_C = $(filter agent/%.c,$(FILES))
LINT := layers size text globals static man shell python format refusals units

lint: $(LINT:%=lint-%)

lint-layers:
	@tests/report lint/layers tests/lint/layers $(filter agent/%,$(C_FILES))

lint-size lint-text lint-shell lint-python: lint-%:
	@tests/report lint/$* tests/lint/$* $(FILES)

lint-globals: $(OBJ)
	@tests/report lint/globals tests/lint/globals $^

lint-static: $(BUILD)/pinet
	@tests/report lint/static tests/lint/static $<

lint-man: $(BUILD)/pinet
	@tests/report lint/man tests/lint/man $< agent/source/settings.c $(wildcard man/*.[1-9])

lint-format:
	@tests/report lint/format clang-format --dry-run -Werror $(C_FILES)

lint-refusals:
	@tests/report lint/refusals tests/lint/refusals

lint-units:
	@tests/report lint/units tests/lint/units conf/systemd/*.path

# Takes longer than the rest of lint together.
tidy:
	@tests/report lint/tidy tests/lint/tidy $(filter-out $(WARN),$(ALL_CFLAGS)) -- $(AGENT_C)

# The package from a tree as a clone has it, judged by Debian's rules; and built for the other board.
deb-check:
	@tests/report deb/build tests/deb-build $(BUILD)/deb/check
	@tests/report deb/lintian lintian --fail-on error,warning --tag-display-limit 0 \
		$(BUILD)/deb/check/*.changes
	$(if $(CROSS),@tests/report deb/arm64 tests/e2e/lib/build-deb arm64 $(BUILD)/deb/arm64.deb)
	@tests/report deb/size tests/deb-size $(BUILD)/deb/check/pinet-initramfs_*.deb $(if $(CROSS),$(BUILD)/deb/arm64.deb)

include tests/e2e/e2e.mk

deps:
	@tests/deps build test cross guest servers

CHECK := unit golden shell network sim sync fuzz-corpus
TEST := lint tidy clang $(CHECK) crash-quick $(if $(CROSS),unit-arm64) deb-check package e2e-quick

check:
	@tests/run $(BUILD)/test $(CHECK)

test: deps
	@tests/run $(BUILD)/test $(TEST)

.PHONY: unit golden shell network dhcp lease $(LEASE) iscsi iscsi-lio sim sync crash crash-quick fuzz-corpus fuzz clang lint tidy deb-check deps check test \
	shell-run shell-completion package $(PACKAGE) server $(SERVER_TESTS) \
	$(FUZZ:%=run-%) $(FUZZ:%=long-%) $(LINT:%=lint-%)
.SECONDARY: $(FUZZ:%=$(BUILD)/asan/tests/fuzz/%.o)
