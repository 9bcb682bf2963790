# SPDX-License-Identifier: BSD-2-Clause
# The ASL files, compiled by iasl to arrays for boot/acpi_tables.c, and the code of a BIOS to one for
# boot/bios.c.

AML_HEADERS := $(patsubst boot/%.asl,$(BUILD)/gen/boot/%_aml.h,$(wildcard boot/*.asl))

$(BUILD)/boot/acpi_tables.o: $(AML_HEADERS)

# iasl speaks even when all is well, so its output is shown only if it failed. It finds the headers
# of an #include from the folder that it runs in.
$(BUILD)/gen/boot/%_aml.h: boot/%.asl boot/acpi_map.h
	@mkdir -p $(@D)
	@iasl -vs -we -tc -I . -p $(@D)/$* $< >$(@D)/$*.log 2>&1 || { cat $(@D)/$*.log >&2; exit 1; }
	@sed 's/^unsigned char/static const uint8_t/' $(@D)/$*.hex >$@

# The offset in segment F000h is LAYOUT_BIOS_GPA less the segment's address. bios.S has the vectors, and the
# memory map comes behind bios_clock.S.
BIOS_IMAGE := $(BUILD)/gen/boot/bios_image.h
BIOS_PARTS := $(patsubst %,$(BUILD)/gen/boot/%.o,bios bios_clock)

$(BUILD)/boot/bios.o: $(BIOS_IMAGE)

$(BUILD)/gen/boot/%.o: boot/%.S boot/layout.h
	@mkdir -p $(@D)
	@echo "AS $@"
	$(Q)$(CC) -m32 -I. -c -o $@ $<

$(BIOS_IMAGE): $(BIOS_PARTS)
	$(Q)ld -m elf_i386 -Ttext=0x2000 -e 0x2000 --oformat binary -o $(@:.h=.bin) $^
	@{ echo 'static const uint8_t bios_image[] = {' && \
	    od -An -v -tx1 $(@:.h=.bin) | sed 's/ \(..\)/0x\1, /g' && echo '};'; } >$@
