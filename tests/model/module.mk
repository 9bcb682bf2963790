# SPDX-License-Identifier: BSD-2-Clause
# The protocol of kvm-clock's pages as a model, which spin goes through completely.

.PHONY: test-model
test-model: ## check the model of kvm-clock's publication at every interleaving
	@tests/lab/packages.sh test
	@tests/model/run.sh $(BUILD)/model
