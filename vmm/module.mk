# SPDX-License-Identifier: BSD-2-Clause
# The version, as a header that main.c alone includes. It is asked for at each make and written only if it
# has changed, so a new commit compiles that one file.

VERSION_HEADER := $(BUILD)/gen/vmm/cmd/version.h

$(BUILD)/vmm/cmd/main.o: $(VERSION_HEADER)

.PHONY: version-asked
$(VERSION_HEADER): version-asked
	@mkdir -p $(@D)
	@echo "#define MINIVMM_VERSION \"$$(vmm/cmd/version.sh)\"" >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
