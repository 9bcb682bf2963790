# What the documentation tells people to run.

.PHONY: test-docs
test-docs: minivmm ## run the commands of docs/ci.md
	@tests/lab/packages.sh run lab test
	@tests/docs/run.sh
