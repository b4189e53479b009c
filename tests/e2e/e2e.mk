# SPDX-License-Identifier: GPL-2.0-or-later
# End-to-end tests, demo and boot benchmark: included by tests/tests.mk. All need root.
#: e2e            every scenario; S=20-chap one of them, S=20-chap/trixie with one suite; ARCH=arm64
#: e2e-quick      those that "make test" runs
#: demo           one client from power-on to multi-user; LOGIN=1 leaves you at its login prompt
#: bench          Debian's stock scripts against pinet, in one run; bench-sync sync over a slow network; without a guest bench-login the login, bench-dhcp DHCP, bench-server pinet-server
E2E_ARCH := $(or $(ARCH),amd64)
E2E_DEB := $(BUILD)/deb/$(E2E_ARCH).deb

# The package is built in a copy of the tree, which stays clean; nothing is built when nothing has changed.
e2e-deb:
	$(Q)tests/deps build$(if $(filter-out $(HOST_ARCH),$(E2E_ARCH)), cross)
	$(Q)tests/e2e/lib/build-deb $(E2E_ARCH) $(E2E_DEB)

e2e-deps:
	$(Q)tests/deps guest servers

e2e: e2e-deps e2e-deb
	$(Q)tests/e2e/run --arch $(E2E_ARCH) --deb $(E2E_DEB) --out $(BUILD)/e2e $(S)

e2e-quick: e2e-deps e2e-deb
	$(Q)tests/e2e/run --quick --arch $(E2E_ARCH) --deb $(E2E_DEB) --out $(BUILD)/e2e

demo: e2e-deps e2e-deb
	$(Q)tests/e2e/demo --deb $(E2E_DEB) --out $(BUILD)/demo $(if $(filter 1,$(LOGIN)),--login)

bench: e2e-deps e2e-deb $(BUILD)/tests/iscsi/dial bench-dhcp bench-server bench-sync
	$(Q)tests/bench/boot --deb $(E2E_DEB) --out $(BUILD)/bench
	$(Q)tests/bench/login $(BUILD)/tests/iscsi/dial

bench-sync: e2e-deps e2e-deb
	$(Q)tests/bench/sync --deb $(E2E_DEB) --out $(BUILD)/bench

bench-login: $(BUILD)/tests/iscsi/dial
	$(Q)tests/bench/login $<

bench-dhcp: $(BUILD)/tests/dhcp/up
	$(Q)tests/deps bench
	$(Q)tests/bench/dhcp $<

bench-server: $(BUILD)/tests/iscsi/dial
	$(Q)tests/deps test servers
	$(Q)tests/bench/server $<

.PHONY: e2e e2e-quick e2e-deb e2e-deps demo bench bench-sync bench-login bench-dhcp bench-server
