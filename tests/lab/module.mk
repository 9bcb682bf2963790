# SPDX-License-Identifier: BSD-2-Clause
# `make run`: from nothing but git and make to a booted kernel. The packages come before anything
# is compiled, so what needs them is made by a second make.

RUN_SERIES ?= 6.12

.PHONY: run
run: ## set up, build, boot Debian's kernel and end with the clock report
	@tests/lab/packages.sh build run
	@$(MAKE) --no-print-directory $(if $(V),,--silent) minivmm
	@kernel=$$(guest-images/fetch-kernel.sh $(RUN_SERIES)) && tests/lab/run.sh "$$kernel" $(RUN_OPTIONS)

# What runs in the VMX lab. A lab keeps one CPU busy, so several run side by side if make may do so (-j2);
# the output of each comes when it has ended.

VMX_STAGES := test-linux-vmx test-guest-vmx test-guest-vmx-tsc

.PHONY: test-vmx
test-vmx: minivmm payloads ## run what needs kvm-intel or a scaled TSC, in the VMX lab
	@tests/lab/packages.sh run lab test
	+@mkdir -p $(BUILD); if tests/lab/packages.sh vmx 2>$(BUILD)/vmx.log; then \
	    cat $(BUILD)/vmx.log >&2; \
	    $(MAKE) --no-print-directory --keep-going --output-sync CASES= $(VMX_STAGES); \
	else echo "ok - vmx # SKIP $$(tail -n 1 $(BUILD)/vmx.log)"; fi
