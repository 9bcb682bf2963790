/* SPDX-License-Identifier: BSD-2-Clause */
/* See tables.h. */
#include "guest-images/payloads/lib/tables.h"

#include <stddef.h>

#include "guest-images/payloads/lib/text.h"

#define SEARCH_START  0xe0000
#define SEARCH_END    0x100000
#define SEARCH_STEP   16
#define RSDP_V1_BYTES 20

uint8_t acpi_byte_sum(const uint8_t *bytes, uint32_t count)
{
    uint8_t sum = 0;

    while (count-- > 0)
        sum = (uint8_t)(sum + *bytes++);
    return sum;
}

bool acpi_has_signature(const uint8_t *table, const char *signature)
{
    for (; *signature != '\0'; signature++, table++)
        if (*table != (uint8_t)*signature)
            return false;
    return true;
}

const uint8_t *acpi_at(uint64_t gpa)
{
    return (const uint8_t *)(uintptr_t)gpa;
}

uint32_t acpi_field32(const uint8_t *table, unsigned offset)
{
    uint32_t value;

    memcpy(&value, table + offset, sizeof value);
    return value;
}

uint64_t acpi_field64(const uint8_t *table, unsigned offset)
{
    return acpi_field32(table, offset) | (uint64_t)acpi_field32(table, offset + 4) << 32;
}

const uint8_t *acpi_find_rsdp(void)
{
    for (uint64_t gpa = SEARCH_START; gpa < SEARCH_END; gpa += SEARCH_STEP)
        if (acpi_has_signature(acpi_at(gpa), "RSD PTR ") &&
            acpi_byte_sum(acpi_at(gpa), RSDP_V1_BYTES) == 0)
            return acpi_at(gpa);
    return NULL;
}

const uint8_t *acpi_find_table(const uint8_t *xsdt, const char *signature)
{
    uint32_t length = acpi_field32(xsdt, ACPI_TABLE_LENGTH);

    for (uint32_t i = ACPI_TABLE_BODY; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t))
        if (acpi_has_signature(acpi_at(acpi_field64(xsdt, i)), signature))
            return acpi_at(acpi_field64(xsdt, i));
    return NULL;
}
