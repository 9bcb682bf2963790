# SPDX-License-Identifier: BSD-2-Clause
# Programs to start from. Those in EXAMPLE_INITS can be the init of a guest, and get an initramfs that holds them.

EXAMPLE_SRC := $(wildcard examples/*.c)
EXAMPLE_INITS := offset-series
EXAMPLES    := $(EXAMPLE_INITS:%=$(BUILD)/examples/%.cpio)

.PHONY: examples
examples: $(EXAMPLES) $(EXAMPLE_SRC:%.c=$(BUILD)/%) ## build the examples, and an initramfs for those that are inits

$(BUILD)/examples/%: $(BUILD)/musl/examples/%.o
	@mkdir -p $(@D)
	@echo "LD $@"
	$(Q)$(MUSL_CC) -static -s -Wl,--gc-sections -Wl,--build-id=none -o $@ $^

$(BUILD)/examples/%.cpio: $(BUILD)/examples/%
	@mkdir -p $@.root
	@echo "CPIO $@"
	$(Q)cp $< $@.root/init
	$(Q)cd $@.root && echo init | cpio --quiet -o -H newc -R 0:0 >../$(@F)

.SECONDARY: $(EXAMPLE_SRC:%.c=$(BUILD)/musl/%.o) $(EXAMPLES:.cpio=)
-include $(EXAMPLE_SRC:%.c=$(BUILD)/musl/%.d)
