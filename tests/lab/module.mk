# `make run`: from nothing but git and make to a booted kernel. The packages come before anything
# is compiled, so what needs them is made by a second make.

RUN_SERIES ?= 6.12

.PHONY: run
run: ## set up, build, boot Debian's kernel and end with the clock report
	@tests/lab/packages.sh build run
	@$(MAKE) --no-print-directory minivmm
	@kernel=$$(guest-images/fetch-kernel.sh $(RUN_SERIES)) && tests/lab/run.sh "$$kernel" $(RUN_OPTIONS)
