# SPDX-License-Identifier: BSD-2-Clause
# What is made for people who have no clone.

.PHONY: test-dist
test-dist: ## build the tarball of make dist without git, install and uninstall it
	+@MAKE="$(MAKE)" tests/dist/run.sh
