# `make test`: set up, then every stage through tests/run.sh, which counts.

TEST_STAGES ?= lint test-unit test-model test-fuzz test-acpi test-cli test-guest test-guest-svm test-linux

.PHONY: test
test: ## set up, run every test and count them
	@tests/lab/packages.sh build run lab lint test
	@$(MAKE) --no-print-directory minivmm
	+@MAKE="$(MAKE)" tests/run.sh $(TEST_STAGES)
