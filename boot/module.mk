# SPDX-License-Identifier: BSD-2-Clause
# The ASL files, compiled by iasl to arrays for boot/acpi_tables.c.

AML_HEADERS := $(patsubst boot/%.asl,$(BUILD)/gen/boot/%_aml.h,$(wildcard boot/*.asl))

$(BUILD)/boot/acpi_tables.o: $(AML_HEADERS)

# iasl speaks even when all is well, so its output is shown only if it failed. It finds the headers
# of an #include from the folder that it runs in.
$(BUILD)/gen/boot/%_aml.h: boot/%.asl boot/acpi_map.h
	@mkdir -p $(@D)
	@iasl -vs -we -tc -I . -p $(@D)/$* $< >$(@D)/$*.log 2>&1 || { cat $(@D)/$*.log >&2; exit 1; }
	@sed 's/^unsigned char/static const uint8_t/' $(@D)/$*.hex >$@
