/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layout of the ACPI tables: what acpi_tables.c writes and its tests read.
 *
 * Source: ACPI specification 6.3, chapter 5, whose names the fields have; IA-PC HPET specification
 * 1.0a, section 3.2.4. All little-endian and packed. A field named zero_ is reserved, or describes
 * something that this machine does not have.
 */
#ifndef BOOT_ACPI_LAYOUT_H
#define BOOT_ACPI_LAYOUT_H

#include <assert.h>
#include <stdint.h>

struct __attribute__((packed)) acpi_rsdp {
    char signature[8];
    /* Over the first 20 bytes. */
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt_gpa;
    uint32_t length;
    uint64_t xsdt_gpa;
    /* Over all 36 bytes. */
    uint8_t extended_checksum;
    uint8_t zero_reserved[3];
};
static_assert(sizeof(struct acpi_rsdp) == 36, "section 5.2.5.3");

#define ACPI_RSDP_FIRST_LENGTH 20

struct __attribute__((packed)) acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
};
static_assert(sizeof(struct acpi_header) == 36, "section 5.2.6");

/* Generic address structure. */
struct __attribute__((packed)) acpi_gas {
    uint8_t space;
    uint8_t width_bits;
    uint8_t offset_bits;
    uint8_t access_size;
    uint64_t address;
};
static_assert(sizeof(struct acpi_gas) == 12, "section 5.2.3.2");

#define ACPI_GAS_MEMORY       0
#define ACPI_GAS_IO           1
#define ACPI_GAS_ACCESS_BYTE  1
#define ACPI_GAS_ACCESS_WORD  2
#define ACPI_GAS_ACCESS_DWORD 3

struct __attribute__((packed)) acpi_fadt {
    struct acpi_header header;
    uint32_t firmware_ctrl_gpa;
    uint32_t dsdt_gpa;
    uint8_t zero_int_model;
    uint8_t preferred_pm_profile;
    uint16_t sci_int;
    uint32_t zero_smi_cmd;
    uint8_t zero_acpi_enable;
    uint8_t zero_acpi_disable;
    uint8_t zero_s4bios_req;
    uint8_t zero_pstate_cnt;
    uint32_t pm1a_evt_port;
    uint32_t zero_pm1b_evt_port;
    uint32_t pm1a_cnt_port;
    uint32_t zero_pm1b_cnt_port;
    uint32_t zero_pm2_cnt_port;
    uint32_t pm_tmr_port;
    uint32_t zero_gpe0_port;
    uint32_t zero_gpe1_port;
    uint8_t pm1_evt_len;
    uint8_t pm1_cnt_len;
    uint8_t zero_pm2_cnt_len;
    uint8_t pm_tmr_len;
    uint8_t zero_gpe0_len;
    uint8_t zero_gpe1_len;
    uint8_t zero_gpe1_base;
    uint8_t zero_cst_cnt;
    uint16_t p_lvl2_lat_us;
    uint16_t p_lvl3_lat_us;
    uint16_t zero_flush_size;
    uint16_t zero_flush_stride;
    uint8_t zero_duty_offset;
    uint8_t zero_duty_width;
    uint8_t zero_day_alrm;
    uint8_t zero_mon_alrm;
    uint8_t century;
    uint16_t iapc_boot_arch;
    uint8_t zero_reserved;
    uint32_t flags;
    struct acpi_gas reset_reg;
    uint8_t reset_value;
    uint16_t zero_arm_boot_arch;
    uint8_t minor_version;
    uint64_t zero_x_firmware_ctrl_gpa;
    uint64_t x_dsdt_gpa;
    struct acpi_gas x_pm1a_evt;
    struct acpi_gas zero_x_pm1b_evt;
    struct acpi_gas x_pm1a_cnt;
    struct acpi_gas zero_x_pm1b_cnt;
    struct acpi_gas zero_x_pm2_cnt;
    struct acpi_gas x_pm_tmr;
    struct acpi_gas zero_x_gpe0;
    struct acpi_gas zero_x_gpe1;
    struct acpi_gas zero_sleep_control;
    struct acpi_gas zero_sleep_status;
    uint64_t zero_hypervisor_vendor;
};
static_assert(sizeof(struct acpi_fadt) == 276, "section 5.2.9");

#define ACPI_FADT_WBINVD        (1u << 0)
#define ACPI_FADT_PROC_C1       (1u << 2)
#define ACPI_FADT_SLP_BUTTON    (1u << 5)
#define ACPI_FADT_TMR_VAL_EXT   (1u << 8)
#define ACPI_FADT_RESET_REG_SUP (1u << 10)
#define ACPI_FADT_HEADLESS      (1u << 12)

#define ACPI_BOOT_ARCH_LEGACY_DEVICES  (1u << 0)
#define ACPI_BOOT_ARCH_VGA_NOT_PRESENT (1u << 2)

struct __attribute__((packed)) acpi_facs {
    char signature[4];
    uint32_t length;
    uint32_t zero_hardware_signature;
    /* The guest's: where it goes on after S3, in real mode. */
    uint32_t waking_vector;
    uint32_t global_lock;
    uint32_t zero_flags;
    uint64_t zero_x_waking_vector;
    uint8_t version;
    uint8_t zero_reserved[31];
};
static_assert(sizeof(struct acpi_facs) == 64, "section 5.2.10");

#define ACPI_FACS_ALIGN 64

struct __attribute__((packed)) acpi_madt {
    struct acpi_header header;
    uint32_t lapic_gpa;
    uint32_t flags;
};
static_assert(sizeof(struct acpi_madt) == 44, "section 5.2.12");

#define ACPI_MADT_PCAT_COMPAT (1u << 0)

struct __attribute__((packed)) acpi_madt_lapic {
    uint8_t type;
    uint8_t length;
    uint8_t processor_uid;
    uint8_t apic_id;
    uint32_t flags;
};
static_assert(sizeof(struct acpi_madt_lapic) == 8, "section 5.2.12.2");

struct __attribute__((packed)) acpi_madt_ioapic {
    uint8_t type;
    uint8_t length;
    uint8_t ioapic_id;
    uint8_t zero_reserved;
    uint32_t gpa;
    uint32_t first_gsi;
};
static_assert(sizeof(struct acpi_madt_ioapic) == 12, "section 5.2.12.3");

struct __attribute__((packed)) acpi_madt_override {
    uint8_t type;
    uint8_t length;
    uint8_t bus;
    uint8_t isa_irq;
    uint32_t gsi;
    uint16_t flags;
};
static_assert(sizeof(struct acpi_madt_override) == 10, "section 5.2.12.5");

struct __attribute__((packed)) acpi_madt_lapic_nmi {
    uint8_t type;
    uint8_t length;
    uint8_t processor_uid;
    uint16_t flags;
    uint8_t lint;
};
static_assert(sizeof(struct acpi_madt_lapic_nmi) == 6, "section 5.2.12.7");

#define ACPI_MADT_LAPIC         0
#define ACPI_MADT_IOAPIC        1
#define ACPI_MADT_OVERRIDE      2
#define ACPI_MADT_LAPIC_NMI     4
#define ACPI_MADT_LAPIC_ENABLED (1u << 0)
#define ACPI_MADT_ALL_CPUS      0xff
/* Interrupt flags: polarity in bits 1:0, trigger mode in bits 3:2; 0 is what the bus says. */
#define ACPI_MADT_ACTIVE_HIGH (1u << 0)
#define ACPI_MADT_LEVEL       (3u << 2)

struct __attribute__((packed)) acpi_hpet {
    struct acpi_header header;
    uint32_t event_timer_block_id;
    struct acpi_gas base;
    uint8_t number;
    uint16_t min_tick;
    uint8_t page_protection;
};
static_assert(sizeof(struct acpi_hpet) == 56, "IA-PC HPET 1.0a, section 3.2.4");

#endif
