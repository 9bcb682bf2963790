# SPDX-License-Identifier: BSD-2-Clause
# What the documentation tells people to run.

.PHONY: test-docs
test-docs: minivmm ## run the commands of the jobs in docs/ci.md that check a kernel
	@tests/lab/packages.sh run lab test
	@tests/docs/run.sh check

.PHONY: test-docs-matrix
test-docs-matrix: minivmm ## run those of the whole matrix, with one machine of it
	@tests/lab/packages.sh run lab test
	@tests/docs/run.sh matrix

.PHONY: test-run
test-run: minivmm ## make run once more, without a network
	@tests/lab/packages.sh build run lab
	@guest-images/fetch-kernel.sh 6.12 >/dev/null
	+@MAKE="$(MAKE)" tests/docs/make-run.sh
