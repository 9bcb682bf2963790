/* SPDX-License-Identifier: BSD-2-Clause */
/* See acpi_tables.h. Tables are written one after the other, each before those that point to it. */
#include "boot/acpi_tables.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "boot/acpi_layout.h"
#include "boot/acpi_map.h"
#include "boot/dsdt_aml.h"
#include "boot/ged_aml.h"
#include "boot/hpet_aml.h"
#include "boot/s3_aml.h"
#include "boot/virtio_aml.h"
#include "boot/vmclock_aml.h"

#define TABLE_ALIGN 16
/* Behind the RSDP. */
#define FACS_OFFSET       64
#define LISTED_TABLES_MAX 8

struct writer {
    uint8_t *area;
    uint64_t area_gpa;
    uint64_t size;
    uint64_t used;
    /* Something did not fit: the tables are no good. */
    bool full;
    /* What RSDT and XSDT list, both in this order. */
    uint64_t listed_gpa[LISTED_TABLES_MAX];
    unsigned listed_count;
};

static void put(struct writer *w, const void *bytes, uint64_t length)
{
    if (w->full || length > w->size - w->used) {
        w->full = true;
        return;
    }
    memcpy(w->area + w->used, bytes, length);
    w->used += length;
}

/* Moves on to a multiple of alignment, a power of two, and returns the address there. */
static uint64_t align(struct writer *w, uint64_t alignment)
{
    uint64_t aligned = (w->used + alignment - 1) & ~(alignment - 1);

    if (aligned > w->size)
        w->full = true;
    else
        w->used = aligned;
    return w->area_gpa + w->used;
}

/* The checksum byte: with it all bytes add up to 0. It is still 0 here. */
static uint8_t checksum_of(const void *bytes, uint64_t length)
{
    const uint8_t *byte = bytes;
    uint8_t sum = 0;

    for (uint64_t i = 0; i < length; i++)
        sum += byte[i];
    return (uint8_t)-sum;
}

static struct acpi_header header_of(const char signature[static 4], uint8_t revision)
{
    struct acpi_header header = {
        .revision = revision,
        .oem_id = {'M', 'I', 'N', 'I', 'V', 'M'},
        .oem_table_id = {'M', 'I', 'N', 'I', 'V', 'M', 'M', ' '},
        .oem_revision = 1,
        .creator_id = {'M', 'V', 'M', 'M'},
        .creator_revision = 1,
    };

    memcpy(header.signature, signature, sizeof(header.signature));
    return header;
}

/* Fills in length and checksum of the table from table_gpa to here. */
static void finish_table(struct writer *w, uint64_t table_gpa)
{
    uint8_t *table = w->area + (table_gpa - w->area_gpa);
    struct acpi_header header;

    if (w->full)
        return;
    memcpy(&header, table, sizeof(header));
    header.length = (uint32_t)(w->area_gpa + w->used - table_gpa);
    header.checksum = 0;
    memcpy(table, &header, sizeof(header));
    header.checksum = checksum_of(table, header.length);
    memcpy(table, &header, sizeof(header));
}

/* Writes a whole table, which begins with a header, and returns its address. */
static uint64_t put_table(struct writer *w, const void *table, uint64_t length)
{
    uint64_t gpa = align(w, TABLE_ALIGN);

    put(w, table, length);
    finish_table(w, gpa);
    return gpa;
}

static void list(struct writer *w, uint64_t table_gpa)
{
    assert(w->listed_count < LISTED_TABLES_MAX);
    w->listed_gpa[w->listed_count++] = table_gpa;
}

static uint64_t put_facs(struct writer *w)
{
    const struct acpi_facs facs = {
        .signature = {'F', 'A', 'C', 'S'},
        .length = sizeof(facs),
        .version = 2,
    };
    uint64_t gpa = align(w, ACPI_FACS_ALIGN);

    assert(w->full || gpa == w->area_gpa + FACS_OFFSET);
    put(w, &facs, sizeof(facs));
    return gpa;
}

static struct acpi_gas port_gas(uint16_t port, uint8_t width_bits, uint8_t access_size)
{
    return (struct acpi_gas){ACPI_GAS_IO, width_bits, 0, access_size, port};
}

static void fadt_set_pm_timer(struct acpi_fadt *fadt, unsigned bits)
{
    if (bits == 32)
        fadt->flags |= ACPI_FADT_TMR_VAL_EXT;
    fadt->pm_tmr_port = ACPI_MAP_PM_TMR_PORT;
    fadt->pm_tmr_len = 4;
    fadt->x_pm_tmr = port_gas(ACPI_MAP_PM_TMR_PORT, 32, ACPI_GAS_ACCESS_DWORD);
}

/*
 * SMI_CMD is 0: the machine is always in ACPI mode. The FACS is given by its 32-bit address alone,
 * for the specification wants one of the two to be 0, and ACPICA would take both for two tables.
 * C2 and C3 do not exist: latencies above 100 and 1000 us say so. The RTC's alarm is an
 * event of the PM block (FIX_RTC is 0). No sleep button,
 * and no keyboard controller in IAPC_BOOT_ARCH: port 64h is there to reset the machine only.
 */
static uint64_t put_fadt(struct writer *w, unsigned pmtimer_bits, uint64_t facs_gpa,
                         uint64_t dsdt_gpa)
{
    struct acpi_fadt fadt = {
        .header = header_of("FACP", 6),
        .firmware_ctrl_gpa = (uint32_t)facs_gpa,
        .dsdt_gpa = (uint32_t)dsdt_gpa,
        .sci_int = ACPI_MAP_SCI_GSI,
        .pm1a_evt_port = ACPI_MAP_PM_PORT,
        .pm1a_cnt_port = ACPI_MAP_PM_CNT_PORT,
        .pm1_evt_len = 4,
        .pm1_cnt_len = 2,
        .p_lvl2_lat_us = 101,
        .p_lvl3_lat_us = 1001,
        .century = ACPI_MAP_RTC_CENTURY_REG,
        .iapc_boot_arch = ACPI_BOOT_ARCH_LEGACY_DEVICES | ACPI_BOOT_ARCH_VGA_NOT_PRESENT,
        .flags = ACPI_FADT_WBINVD | ACPI_FADT_PROC_C1 | ACPI_FADT_SLP_BUTTON |
                 ACPI_FADT_RESET_REG_SUP | ACPI_FADT_HEADLESS,
        .reset_reg = port_gas(ACPI_MAP_RESET_PORT, 8, ACPI_GAS_ACCESS_BYTE),
        .reset_value = ACPI_MAP_RESET_VALUE,
        .minor_version = 3,
        .x_dsdt_gpa = dsdt_gpa,
        .x_pm1a_evt = port_gas(ACPI_MAP_PM_PORT, 32, ACPI_GAS_ACCESS_WORD),
        .x_pm1a_cnt = port_gas(ACPI_MAP_PM_CNT_PORT, 16, ACPI_GAS_ACCESS_WORD),
    };

    if (pmtimer_bits != 0)
        fadt_set_pm_timer(&fadt, pmtimer_bits);
    return put_table(w, &fadt, sizeof(fadt));
}

static void put_madt_lapics(struct writer *w, unsigned cpu_count)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct acpi_madt_lapic lapic = {
            .type = ACPI_MADT_LAPIC,
            .length = sizeof(lapic),
            .processor_uid = (uint8_t)i,
            .apic_id = (uint8_t)i,
            .flags = ACPI_MADT_LAPIC_ENABLED,
        };

        put(w, &lapic, sizeof(lapic));
    }
}

static void put_madt_override(struct writer *w, uint8_t isa_irq, uint32_t gsi, uint16_t flags)
{
    const struct acpi_madt_override override = {
        .type = ACPI_MADT_OVERRIDE,
        .length = sizeof(override),
        .isa_irq = isa_irq,
        .gsi = gsi,
        .flags = flags,
    };

    put(w, &override, sizeof(override));
}

static uint64_t put_madt(struct writer *w, unsigned cpu_count)
{
    const struct acpi_madt madt = {
        .header = header_of("APIC", 5),
        .lapic_gpa = ACPI_MAP_LAPIC_GPA,
        .flags = ACPI_MADT_PCAT_COMPAT,
    };
    const struct acpi_madt_ioapic ioapic = {
        .type = ACPI_MADT_IOAPIC,
        .length = sizeof(ioapic),
        .ioapic_id = ACPI_MAP_IOAPIC_ID,
        .gpa = ACPI_MAP_IOAPIC_GPA,
    };
    const struct acpi_madt_lapic_nmi nmi = {
        .type = ACPI_MADT_LAPIC_NMI,
        .length = sizeof(nmi),
        .processor_uid = ACPI_MADT_ALL_CPUS,
        .lint = 1,
    };
    uint64_t gpa = align(w, TABLE_ALIGN);

    put(w, &madt, sizeof(madt));
    put_madt_lapics(w, cpu_count);
    put(w, &ioapic, sizeof(ioapic));
    put_madt_override(w, 0, ACPI_MAP_PIT_GSI, 0);
    put_madt_override(w, ACPI_MAP_SCI_GSI, ACPI_MAP_SCI_GSI,
                      ACPI_MADT_ACTIVE_HIGH | ACPI_MADT_LEVEL);
    put(w, &nmi, sizeof(nmi));
    finish_table(w, gpa);
    return gpa;
}

static uint64_t put_hpet(struct writer *w, const struct acpi_config *config)
{
    const struct acpi_hpet hpet = {
        .header = header_of("HPET", 1),
        .event_timer_block_id = config->hpet_cap_id_low,
        .base = {ACPI_GAS_MEMORY, 64, 0, 0, ACPI_MAP_HPET_GPA},
        .min_tick = config->hpet_min_tick,
    };

    return put_table(w, &hpet, sizeof(hpet));
}

/*
 * The byte that says which slots there are is that of the first object of the table: NameOp, the
 * root, the name, BytePrefix, and then the mark.
 */
static uint64_t put_virtio(struct writer *w, uint8_t slots)
{
    static const uint8_t object[] = {0x08, '\\', 'V',  'I',
                                     'O',  'S',  0x0a, ACPI_MAP_VIRTIO_SLOTS_MARK};
    uint8_t table[sizeof virtio_aml_code];

    memcpy(table, virtio_aml_code, sizeof table);
    assert(memcmp(table + sizeof(struct acpi_header), object, sizeof object) == 0);
    table[sizeof(struct acpi_header) + sizeof object - 1] = slots;
    return put_table(w, table, sizeof table);
}

static uint64_t put_xsdt(struct writer *w)
{
    const struct acpi_header header = header_of("XSDT", 1);
    uint64_t gpa = align(w, TABLE_ALIGN);

    put(w, &header, sizeof(header));
    put(w, w->listed_gpa, w->listed_count * sizeof(w->listed_gpa[0]));
    finish_table(w, gpa);
    return gpa;
}

/* The XSDT with addresses of 32 bits, for those that know ACPI 1.0 only. */
static uint64_t put_rsdt(struct writer *w)
{
    const struct acpi_header header = header_of("RSDT", 1);
    uint64_t gpa = align(w, TABLE_ALIGN);

    put(w, &header, sizeof(header));
    for (unsigned i = 0; i < w->listed_count; i++) {
        const uint32_t table_gpa = (uint32_t)w->listed_gpa[i];

        put(w, &table_gpa, sizeof(table_gpa));
    }
    finish_table(w, gpa);
    return gpa;
}

static struct acpi_rsdp rsdp_of(uint64_t rsdt_gpa, uint64_t xsdt_gpa)
{
    struct acpi_rsdp rsdp = {
        .signature = {'R', 'S', 'D', ' ', 'P', 'T', 'R', ' '},
        .oem_id = {'M', 'I', 'N', 'I', 'V', 'M'},
        .revision = 2,
        .rsdt_gpa = (uint32_t)rsdt_gpa,
        .length = sizeof(rsdp),
        .xsdt_gpa = xsdt_gpa,
    };

    rsdp.checksum = checksum_of(&rsdp, ACPI_RSDP_FIRST_LENGTH);
    rsdp.extended_checksum = checksum_of(&rsdp, sizeof(rsdp));
    return rsdp;
}

static struct acpi_rsdp put_all(struct writer *w, const struct acpi_config *config)
{
    uint64_t facs_gpa = put_facs(w);
    uint64_t dsdt_gpa = put_table(w, dsdt_aml_code, sizeof(dsdt_aml_code));
    uint64_t rsdt_gpa;

    list(w, put_fadt(w, config->pmtimer_bits, facs_gpa, dsdt_gpa));
    list(w, put_madt(w, config->cpu_count));
    if (config->hpet) {
        list(w, put_hpet(w, config));
        list(w, put_table(w, hpet_aml_code, sizeof(hpet_aml_code)));
    }
    if (config->ged)
        list(w, put_table(w, ged_aml_code, sizeof(ged_aml_code)));
    if (config->vmclock)
        list(w, put_table(w, vmclock_aml_code, sizeof(vmclock_aml_code)));
    if (config->s3)
        list(w, put_table(w, s3_aml_code, sizeof(s3_aml_code)));
    if (config->virtio_slots != 0)
        list(w, put_virtio(w, config->virtio_slots));
    rsdt_gpa = put_rsdt(w);
    return rsdp_of(rsdt_gpa, put_xsdt(w));
}

uint32_t acpi_waking_vector(const uint8_t *area)
{
    struct acpi_facs facs;

    static_assert(FACS_OFFSET + sizeof(facs) == ACPI_FACS_END_BYTES, "it is the first table");
    memcpy(&facs, area + FACS_OFFSET, sizeof(facs));
    return facs.waking_vector;
}

int acpi_build(const struct acpi_config *config, uint8_t *area, uint64_t area_gpa,
               uint64_t area_size, uint64_t *rsdp_gpa)
{
    struct writer w = {.area = area, .area_gpa = area_gpa, .size = area_size};
    struct acpi_rsdp rsdp = {0};

    if (config->cpu_count < 1 || config->cpu_count > ACPI_MAX_CPUS)
        return -EINVAL;
    if (area_gpa % ACPI_FACS_ALIGN != 0)
        return -EINVAL;
    if (area_size > UINT32_MAX || area_gpa > UINT32_MAX - area_size)
        return -EINVAL;
    put(&w, &rsdp, sizeof(rsdp));
    rsdp = put_all(&w, config);
    if (w.full)
        return -ENOSPC;
    memcpy(area, &rsdp, sizeof(rsdp));
    *rsdp_gpa = area_gpa;
    return 0;
}
