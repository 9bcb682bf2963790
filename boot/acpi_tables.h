/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables: how a kernel finds the clocks, the interrupt controllers, the CPUs and the power-off
 * of the machine in boot/acpi_map.h.
 *
 * Source: ACPI specification 6.3, chapter 5; IA-PC HPET specification 1.0a, section 3.2.4.
 * Built: RSDP, RSDT and XSDT, which list the same; FADT with FACS and DSDT, MADT; HPET and an SSDT
 * for its device if there is one; an SSDT for the Generic Event Device. Not hardware-reduced: PM1
 * block, PM timer and SCI are the real ones. CPUs are in the MADT alone: Linux 6.1 and 6.12 want no
 * processor device where there are no power or performance states.
 */
#ifndef BOOT_ACPI_TABLES_H
#define BOOT_ACPI_TABLES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A vCPU's local APIC id is its index. Id 255 means all of them, and ids above it would need x2APIC
 * entries and interrupt remapping.
 */
#define ACPI_MAX_CPUS 255

struct acpi_config {
    /* 1 to ACPI_MAX_CPUS. */
    unsigned cpu_count;
    /* 24 or 32; 0: the FADT says that there is no PM timer, and the rest of the PM block stays. */
    unsigned pmtimer_bits;
    /* False: no HPET table and no HPET device. */
    bool hpet;
    /* Low half of the HPET's CAP_ID register: vendor, capabilities, timer count, revision. */
    uint32_t hpet_cap_id_low;
    /* Shortest period, in HPET ticks, that a periodic timer can keep up without losing ticks. */
    uint16_t hpet_min_tick;
    /* False: no Generic Event Device, and none of the devices that it tells of. */
    bool ged;
    /* vmclock, of which the Generic Event Device tells. */
    bool vmclock;
    /* The machine can sleep: \_S3, which is sleep type 1. */
    bool s3;
    /* Virtio devices, a bit for each of ACPI_MAP_VIRTIO_SLOTS; 0: there is no table of them. */
    uint8_t virtio_slots;
};

/*
 * Writes the tables into area, which the guest sees at area_gpa (a multiple of 64), and gives the
 * address of the RSDP. A guest without another pointer finds the RSDP if area lies in
 * 0xe0000..0xfffff. Bytes that no table covers are left alone.
 *
 * 0; -EINVAL for a cpu_count out of range, or an area that is not aligned or not below 4 GiB;
 * -ENOSPC if area_size bytes are too few, with area's content undefined.
 */
int acpi_build(const struct acpi_config *config, uint8_t *area, uint64_t area_gpa,
               uint64_t area_size, uint64_t *rsdp_gpa);

/*
 * The firmware waking vector that the guest has put into the FACS of such an area, at least
 * ACPI_FACS_END_BYTES long: a physical address; 0: none. The guest may have written anything.
 */
#define ACPI_FACS_END_BYTES 128
uint32_t acpi_waking_vector(const uint8_t *area);

#endif
