# SPDX-License-Identifier: BSD-2-Clause
# `make test`: set up, then every stage through tests/run.sh, which counts. `make test-all` goes on with
# what takes long.

TEST_STAGES ?= test-unit test-fuzz test-acpi test-cli test-sandbox test-guest test-guest-svm test-linux test-docs test-run
SLOW_STAGES ?= test-guest-move-svm test-linux-snapshot test-linux-pause test-linux-more test-docs-matrix
# What comes out of these is the same whatever else runs, and guests and labs leave a CPU idle. The VMX lab
# counts instructions, not time.
BESIDE_STAGES      ?= lint test-model test-dist
SLOW_BESIDE_STAGES ?= test-vmx

.PHONY: test test-all
test: ## set up, run every test and count them
	@tests/lab/packages.sh build run lab lint test
	@$(MAKE) -j"$$(nproc)" --no-print-directory minivmm payloads
	@guest-images/fetch-kernel.sh 6.12 >/dev/null || echo "minivmm: the stages that need it try again" >&2
	+@MAKE="$(MAKE)" tests/run.sh $(BESIDE_STAGES:%=--beside %) $(TEST_STAGES)

test-all: ## the same, and what takes long: pauses and more boots of Linux, and the VMX lab
	+@$(MAKE) --no-print-directory test TEST_STAGES='$(TEST_STAGES) $(SLOW_STAGES)' \
	    BESIDE_STAGES='$(BESIDE_STAGES) $(SLOW_BESIDE_STAGES)'
