/* SPDX-License-Identifier: BSD-2-Clause */
/* See mp_table.h. Structures have the names of the specification; a field named zero_ is reserved
 * or describes something that this machine does not have.
 */
#include "boot/mp_table.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "boot/acpi_map.h"

#define SPEC_1_4 4

#define AREA_ALIGN 16

struct __attribute__((packed)) floating_pointer {
    char signature[4];
    uint32_t table_gpa;
    uint8_t length_paragraphs;
    uint8_t spec_revision;
    uint8_t checksum;
    /* Byte 1 is 0: there is a table, not a default configuration. */
    uint8_t zero_feature[5];
};
static_assert(sizeof(struct floating_pointer) == 16, "section 4.1");

struct __attribute__((packed)) table_header {
    char signature[4];
    uint16_t base_length;
    uint8_t spec_revision;
    uint8_t checksum;
    char oem_id[8];
    char product_id[12];
    uint32_t zero_oem_table_gpa;
    uint16_t zero_oem_table_size;
    uint16_t entry_count;
    uint32_t lapic_gpa;
    uint16_t zero_extended_length;
    uint8_t zero_extended_checksum;
    uint8_t zero_reserved;
};
static_assert(sizeof(struct table_header) == 44, "section 4.2");

enum { ENTRY_PROCESSOR, ENTRY_BUS, ENTRY_IOAPIC, ENTRY_IO_INTERRUPT, ENTRY_LOCAL_INTERRUPT };

struct __attribute__((packed)) processor {
    uint8_t entry_type;
    uint8_t lapic_id;
    uint8_t lapic_version;
    uint8_t cpu_flags;
    uint32_t zero_signature;
    uint32_t zero_features;
    uint64_t zero_reserved;
};
static_assert(sizeof(struct processor) == 20, "section 4.3.1");

#define CPU_ENABLED   (1u << 0)
#define CPU_BOOTSTRAP (1u << 1)

/* What KVM's APICs have in their version registers. */
#define LAPIC_VERSION  0x14
#define IOAPIC_VERSION 0x11

struct __attribute__((packed)) bus {
    uint8_t entry_type;
    uint8_t bus_id;
    char type[6];
};
static_assert(sizeof(struct bus) == 8, "section 4.3.2");

#define ISA_BUS_ID 0

struct __attribute__((packed)) ioapic {
    uint8_t entry_type;
    uint8_t ioapic_id;
    uint8_t version;
    uint8_t flags;
    uint32_t gpa;
};
static_assert(sizeof(struct ioapic) == 8, "section 4.3.3");

#define IOAPIC_USABLE (1u << 0)

/* An I/O interrupt goes to a pin of an I/O APIC, a local one to a LINT of local APICs. */
struct __attribute__((packed)) interrupt {
    uint8_t entry_type;
    uint8_t interrupt_type;
    /* Polarity in bits 1:0, trigger mode in bits 3:2; 0 is what the bus says. */
    uint16_t flags;
    uint8_t bus_id;
    uint8_t bus_irq;
    uint8_t apic_id;
    uint8_t apic_input;
};
static_assert(sizeof(struct interrupt) == 8, "sections 4.3.4 and 4.3.5");

enum { TYPE_INT, TYPE_NMI, TYPE_SMI, TYPE_EXTINT };

#define FLAGS_ACTIVE_HIGH (1u << 0)
#define FLAGS_LEVEL       (3u << 2)
#define ALL_LAPICS        0xff

/* The PICs' cascade is no interrupt of the bus, and its pin is the PIT's. */
#define ISA_IRQS    16
#define CASCADE_IRQ 2

#define OTHER_ENTRIES_MAX (2 + ISA_IRQS + 2)

struct table {
    struct table_header header;
    uint8_t entries[MP_TABLE_MAX_CPUS * sizeof(struct processor) +
                    OTHER_ENTRIES_MAX * sizeof(struct interrupt)];
};
static_assert(sizeof(struct table) <= UINT16_MAX, "base_length holds it");

static uint8_t checksum_of(const void *bytes, uint64_t length)
{
    const uint8_t *byte = bytes;
    uint8_t sum = 0;

    for (uint64_t i = 0; i < length; i++)
        sum += byte[i];
    return (uint8_t)-sum;
}

static void put(struct table *table, const void *entry, uint16_t length)
{
    memcpy((uint8_t *)table + table->header.base_length, entry, length);
    table->header.base_length += length;
    table->header.entry_count++;
}

static void put_processors(struct table *table, unsigned cpu_count)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        const struct processor processor = {
            .entry_type = ENTRY_PROCESSOR,
            .lapic_id = (uint8_t)i,
            .lapic_version = LAPIC_VERSION,
            .cpu_flags = CPU_ENABLED | (i == 0 ? CPU_BOOTSTRAP : 0),
        };

        put(table, &processor, sizeof processor);
    }
}

static void put_bus_and_ioapic(struct table *table)
{
    const struct bus bus = {ENTRY_BUS, ISA_BUS_ID, {'I', 'S', 'A', ' ', ' ', ' '}};
    const struct ioapic ioapic = {
        .entry_type = ENTRY_IOAPIC,
        .ioapic_id = ACPI_MAP_IOAPIC_ID,
        .version = IOAPIC_VERSION,
        .flags = IOAPIC_USABLE,
        .gpa = ACPI_MAP_IOAPIC_GPA,
    };

    put(table, &bus, sizeof bus);
    put(table, &ioapic, sizeof ioapic);
}

/* The MADT says the same: IRQ 0 on another pin, the SCI by level, the others as ISA has them. */
static void put_isa_interrupts(struct table *table)
{
    for (uint8_t irq = 0; irq < ISA_IRQS; irq++) {
        const struct interrupt interrupt = {
            .entry_type = ENTRY_IO_INTERRUPT,
            .interrupt_type = TYPE_INT,
            .flags = irq == ACPI_MAP_SCI_GSI ? FLAGS_ACTIVE_HIGH | FLAGS_LEVEL : 0,
            .bus_id = ISA_BUS_ID,
            .bus_irq = irq,
            .apic_id = ACPI_MAP_IOAPIC_ID,
            .apic_input = irq == 0 ? ACPI_MAP_PIT_GSI : irq,
        };

        if (irq != CASCADE_IRQ)
            put(table, &interrupt, sizeof interrupt);
    }
}

/* What the PICs signal is for the first CPU alone. */
static void put_local_interrupts(struct table *table)
{
    static const struct interrupt interrupts[] = {
        {ENTRY_LOCAL_INTERRUPT, TYPE_EXTINT, 0, ISA_BUS_ID, 0, 0, 0},
        {ENTRY_LOCAL_INTERRUPT, TYPE_NMI, 0, ISA_BUS_ID, 0, ALL_LAPICS, 1},
    };

    for (unsigned i = 0; i < sizeof interrupts / sizeof interrupts[0]; i++)
        put(table, &interrupts[i], sizeof interrupts[i]);
}

static void fill(struct table *table, unsigned cpu_count)
{
    table->header = (struct table_header){
        .signature = {'P', 'C', 'M', 'P'},
        .base_length = sizeof table->header,
        .spec_revision = SPEC_1_4,
        .oem_id = {'M', 'I', 'N', 'I', 'V', 'M', 'M', ' '},
        .product_id = {'M', 'I', 'N', 'I', 'V', 'M', 'M', ' ', ' ', ' ', ' ', ' '},
        .lapic_gpa = ACPI_MAP_LAPIC_GPA,
    };
    put_processors(table, cpu_count);
    put_bus_and_ioapic(table);
    put_isa_interrupts(table);
    put_local_interrupts(table);
    table->header.checksum = checksum_of(table, table->header.base_length);
}

int mp_table_build(unsigned cpu_count, uint8_t *area, uint64_t area_gpa, uint64_t area_size)
{
    struct table table;
    struct floating_pointer pointer = {
        .signature = {'_', 'M', 'P', '_'},
        .table_gpa = (uint32_t)(area_gpa + sizeof pointer),
        .length_paragraphs = 1,
        .spec_revision = SPEC_1_4,
    };

    if (cpu_count < 1 || cpu_count > MP_TABLE_MAX_CPUS || area_gpa % AREA_ALIGN != 0)
        return -EINVAL;
    if (area_size > UINT32_MAX || area_gpa > UINT32_MAX - area_size)
        return -EINVAL;
    fill(&table, cpu_count);
    if (area_size < sizeof pointer + table.header.base_length)
        return -ENOSPC;
    pointer.checksum = checksum_of(&pointer, sizeof pointer);
    memcpy(area, &pointer, sizeof pointer);
    memcpy(area + sizeof pointer, &table, table.header.base_length);
    return 0;
}
