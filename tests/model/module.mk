# SPDX-License-Identifier: BSD-2-Clause
# Protocols as models, which spin goes through completely: kvm-clock's pages, and readings without the
# machine's lock.

.PHONY: test-model
test-model: ## check the models of kvm-clock's publication and of readings without the lock, at every interleaving
	@tests/lab/packages.sh test
	@tests/model/run.sh $(BUILD)/model
