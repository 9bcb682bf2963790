/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds its way as a kernel does without help: the RSDP by its signature and checksum, the tables
 * from there, and ends the machine by what they say: S5, or with reset=1 the reset register.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define SEARCH_START 0xe0000
#define SEARCH_END   0x100000
#define SEARCH_STEP  16
#define SLP_EN       (1u << 13)
#define SLP_TYP(n)   ((n) << 10)

/* Offsets: ACPI specification 6.5, tables 5.3, 5.4 and 5.9. */
enum { RSDP_V1_BYTES = 20, RSDP_BYTES = 36, RSDP_XSDT = 24 };
enum { TABLE_LENGTH = 4, TABLE_BODY = 36 };
enum { FADT_DSDT = 40, FADT_PM1A_CNT = 64, FADT_RESET_PORT = 120, FADT_RESET_VALUE = 128 };
/* In the DSDT: _S5_, PackageOp, PkgLength, NumElements, BytePrefix or a constant. */
enum { S5_NAME_BYTES = 4, S5_PACKAGE_BYTES = 3, AML_BYTE_PREFIX = 0x0a };

static uint8_t byte_sum(const uint8_t *bytes, uint32_t count)
{
    uint8_t sum = 0;

    while (count-- > 0)
        sum = (uint8_t)(sum + *bytes++);
    return sum;
}

static bool has_signature(const uint8_t *table, const char *signature)
{
    for (; *signature != '\0'; signature++, table++)
        if (*table != (uint8_t)*signature)
            return false;
    return true;
}

static const uint8_t *at(uint64_t gpa)
{
    return (const uint8_t *)(uintptr_t)gpa;
}

static uint32_t field32(const uint8_t *table, unsigned offset)
{
    uint32_t value;

    memcpy(&value, table + offset, sizeof value);
    return value;
}

static uint64_t field64(const uint8_t *table, unsigned offset)
{
    return field32(table, offset) | (uint64_t)field32(table, offset + 4) << 32;
}

static const uint8_t *find_rsdp(void)
{
    for (uint64_t gpa = SEARCH_START; gpa < SEARCH_END; gpa += SEARCH_STEP)
        if (has_signature(at(gpa), "RSD PTR ") && byte_sum(at(gpa), RSDP_V1_BYTES) == 0)
            return at(gpa);
    return NULL;
}

static const uint8_t *find_table(const uint8_t *xsdt, const char *signature)
{
    uint32_t length = field32(xsdt, TABLE_LENGTH);

    for (uint32_t i = TABLE_BODY; i + sizeof(uint64_t) <= length; i += sizeof(uint64_t))
        if (has_signature(at(field64(xsdt, i)), signature))
            return at(field64(xsdt, i));
    return NULL;
}

static void check_table(const char *name, const uint8_t *table)
{
    check(name, table != NULL && byte_sum(table, field32(table, TABLE_LENGTH)) == 0);
}

/* SLP_TYP of S5; 0xff if there is none. */
static uint8_t find_s5(const uint8_t *dsdt)
{
    uint32_t length = field32(dsdt, TABLE_LENGTH);

    for (uint32_t i = TABLE_BODY; i + 10 < length; i++)
        if (has_signature(dsdt + i, "_S5_")) {
            const uint8_t *value = dsdt + i + S5_NAME_BYTES + S5_PACKAGE_BYTES;

            return *value == AML_BYTE_PREFIX ? value[1] : *value;
        }
    return 0xff;
}

void payload_main(const uint8_t *zero_page)
{
    bool reset = text_find_value(payload_command_line(zero_page), "reset") != NULL;
    const uint8_t *rsdp = find_rsdp();
    const uint8_t *fadt, *dsdt;
    uint8_t slp_typ;

    check("the RSDP is found by signature and checksum", rsdp != NULL);
    if (rsdp == NULL)
        check_done();
    check_equal("its extended checksum is right", byte_sum(rsdp, RSDP_BYTES), 0);
    check_table("the XSDT's checksum", at(field64(rsdp, RSDP_XSDT)));
    check_table("an APIC table", find_table(at(field64(rsdp, RSDP_XSDT)), "APIC"));
    check_table("an HPET table", find_table(at(field64(rsdp, RSDP_XSDT)), "HPET"));
    fadt = find_table(at(field64(rsdp, RSDP_XSDT)), "FACP");
    check_table("a FADT", fadt);
    if (fadt == NULL)
        check_done();
    dsdt = at(field32(fadt, FADT_DSDT));
    check_table("a DSDT", dsdt);
    slp_typ = find_s5(dsdt);
    check_range("with \\_S5", slp_typ, 0, 7);
    check_plan();
    if (reset)
        out8((uint16_t)field64(fadt, FADT_RESET_PORT), fadt[FADT_RESET_VALUE]);
    else
        out16((uint16_t)field32(fadt, FADT_PM1A_CNT), (uint16_t)(SLP_TYP(slp_typ) | SLP_EN));
    payload_end(PAYLOAD_FAILED);
}
