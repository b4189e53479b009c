# SPDX-License-Identifier: GPL-2.0-or-later
# The tests: included by the Makefile. Every test is a line "ok NAME" or "not ok NAME" of its part;
# tests/run runs parts, as make targets, and counts. What a part needs that is missing is an error.
CLANG ?= clang
HOST_ARCH := $(shell dpkg --print-architecture)
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
	@tests/report $(1)/$$* timeout 120 $(5) $$<

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

shell:
	@tests/shell/run

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
$(BUILD)/clang/pinet: $(OBJ:$(BUILD)/%=$(BUILD)/clang/%)
	@echo "  LD      $@"
	$(Q)$(CLANG) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

clang: $(BUILD)/clang/pinet
	@tests/report clang/pinet $< --version

include tests/e2e/e2e.mk

# The package as Debian builds it, and what lintian says of it.
package: e2e-deb
	@tests/report package/lintian lintian --allow-root --fail-on error,warning $(E2E_DEB)

deps:
	@tests/deps build test cross guest servers

CHECK := unit golden shell fuzz-corpus
TEST := clang $(CHECK) $(if $(filter arm64,$(HOST_ARCH)),,unit-arm64) package e2e-quick

check:
	@tests/run $(BUILD)/test $(CHECK)

test: deps
	@tests/run $(BUILD)/test $(TEST)

.PHONY: unit golden shell package fuzz-corpus fuzz clang deps check test $(FUZZ:%=run-%) $(FUZZ:%=long-%)
.SECONDARY: $(FUZZ:%=$(BUILD)/asan/tests/fuzz/%.o)
