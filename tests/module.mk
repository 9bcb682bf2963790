# SPDX-License-Identifier: BSD-2-Clause
# `make test`: set up, then every stage through tests/run.sh, which counts. `make test-all` goes on with
# what takes long.

TEST_STAGES ?= lint test-unit test-model test-fuzz test-acpi test-cli test-dist test-guest test-guest-svm test-linux test-docs test-run
SLOW_STAGES ?= test-guest-move-svm test-linux-snapshot test-linux-pause test-linux-more test-docs-matrix
# The VMX lab counts instructions, not time: nothing that runs beside it changes what it does.
BESIDE_STAGE ?= test-vmx

.PHONY: test test-all
test: ## set up, run every test and count them
	@tests/lab/packages.sh build run lab lint test
	@$(MAKE) -j"$$(nproc)" --no-print-directory minivmm payloads
	@guest-images/fetch-kernel.sh 6.12 >/dev/null || echo "minivmm: the stages that need it try again" >&2
	+@MAKE="$(MAKE)" tests/run.sh $(BESIDE) $(TEST_STAGES)

test-all: ## the same, and what takes long: pauses and more boots of Linux, and the VMX lab
	+@$(MAKE) --no-print-directory test TEST_STAGES='$(TEST_STAGES) $(SLOW_STAGES)' \
	    BESIDE='--beside $(BESIDE_STAGE)'
