# SPDX-License-Identifier: BSD-2-Clause
# The project's own rules, and the static checkers. They read the objects of the normal build.

.PHONY: lint
lint: $(PURE_OBJ) $(VMM_OBJ) ## check the rules of the source: directions, symbols, sizes, format
	@sh tests/lint/run.sh $(BUILD)
