/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds its way as a kernel does without help: the RSDP by its signature and checksum, the tables
 * from there, and ends the machine by what they say: S5, or with reset=1 the reset register.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/tables.h"
#include "guest-images/payloads/lib/text.h"

#define SLP_EN     (1u << 13)
#define SLP_TYP(n) ((n) << 10)

/* Offsets: ACPI specification 6.5, tables 5.3, 5.4 and 5.9. */
enum { FADT_DSDT = 40, FADT_PM1A_CNT = 64, FADT_RESET_PORT = 120, FADT_RESET_VALUE = 128 };
/* In the DSDT: _S5_, PackageOp, PkgLength, NumElements, BytePrefix or a constant. */
enum { S5_NAME_BYTES = 4, S5_PACKAGE_BYTES = 3, AML_BYTE_PREFIX = 0x0a };

static void check_table(const char *name, const uint8_t *table)
{
    check(name, table != NULL && acpi_byte_sum(table, acpi_field32(table, ACPI_TABLE_LENGTH)) == 0);
}

/* SLP_TYP of S5; 0xff if there is none. */
static uint8_t find_s5(const uint8_t *dsdt)
{
    uint32_t length = acpi_field32(dsdt, ACPI_TABLE_LENGTH);

    for (uint32_t i = ACPI_TABLE_BODY; i + 10 < length; i++)
        if (acpi_has_signature(dsdt + i, "_S5_")) {
            const uint8_t *value = dsdt + i + S5_NAME_BYTES + S5_PACKAGE_BYTES;

            return *value == AML_BYTE_PREFIX ? value[1] : *value;
        }
    return 0xff;
}

void payload_main(const uint8_t *zero_page)
{
    bool reset = text_find_value(payload_command_line(zero_page), "reset") != NULL;
    const uint8_t *rsdp = acpi_find_rsdp();
    const uint8_t *fadt, *dsdt;
    uint8_t slp_typ;

    check("the RSDP is found by signature and checksum", rsdp != NULL);
    if (rsdp == NULL)
        check_done();
    check_equal("its extended checksum is right", acpi_byte_sum(rsdp, ACPI_RSDP_BYTES), 0);
    check_table("the XSDT's checksum", acpi_at(acpi_field64(rsdp, ACPI_RSDP_XSDT)));
    check_table("an APIC table",
                acpi_find_table(acpi_at(acpi_field64(rsdp, ACPI_RSDP_XSDT)), "APIC"));
    check_table("an HPET table",
                acpi_find_table(acpi_at(acpi_field64(rsdp, ACPI_RSDP_XSDT)), "HPET"));
    fadt = acpi_find_table(acpi_at(acpi_field64(rsdp, ACPI_RSDP_XSDT)), "FACP");
    check_table("a FADT", fadt);
    if (fadt == NULL)
        check_done();
    dsdt = acpi_at(acpi_field32(fadt, FADT_DSDT));
    check_table("a DSDT", dsdt);
    slp_typ = find_s5(dsdt);
    check_range("with \\_S5", slp_typ, 0, 7);
    check_plan();
    if (reset)
        out8((uint16_t)acpi_field64(fadt, FADT_RESET_PORT), fadt[FADT_RESET_VALUE]);
    else
        out16((uint16_t)acpi_field32(fadt, FADT_PM1A_CNT), (uint16_t)(SLP_TYP(slp_typ) | SLP_EN));
    payload_end(PAYLOAD_FAILED);
}
