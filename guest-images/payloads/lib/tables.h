/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI tables, as a kernel without help finds them. Offsets: ACPI specification 6.5, tables 5.3
 * and 5.4.
 */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_TABLES_H
#define GUEST_IMAGES_PAYLOADS_LIB_TABLES_H

#include <stdbool.h>
#include <stdint.h>

enum { ACPI_RSDP_XSDT = 24, ACPI_RSDP_BYTES = 36 };
enum { ACPI_TABLE_LENGTH = 4, ACPI_TABLE_BODY = 36 };

const uint8_t *acpi_at(uint64_t gpa);
uint32_t acpi_field32(const uint8_t *table, unsigned offset);
uint64_t acpi_field64(const uint8_t *table, unsigned offset);

/* 0 for a table that is right. */
uint8_t acpi_byte_sum(const uint8_t *bytes, uint32_t count);
bool acpi_has_signature(const uint8_t *table, const char *signature);

/* By its signature and checksum; NULL: there is none. */
const uint8_t *acpi_find_rsdp(void);

/* In the XSDT; NULL: it lists none. */
const uint8_t *acpi_find_table(const uint8_t *xsdt, const char *signature);

#endif
