# SPDX-License-Identifier: BSD-2-Clause
# The ACPI tables, as ACPICA's own tools judge them.

.PHONY: test-acpi
test-acpi: $(BUILD)/tests/acpi/dump_tables ## check the ACPI tables with iasl and acpiexec
	@tests/acpi/check_tables.sh $< $(BUILD)/tests/acpi/tables

$(BUILD)/tests/acpi/dump_tables: tests/acpi/dump_tables.c $(BUILD)/libpure.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -MF $@.d -o $@ $^

-include $(BUILD)/tests/acpi/dump_tables.d
