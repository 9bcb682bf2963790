/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the ACPI tables promise about the machine: ports, addresses, interrupts.
 *
 * The machine table places its devices by these names, and boot/acpi_tables.c and the ASL files
 * describe them by the same ones. Only plain numbers: iasl reads this file too.
 */
#ifndef BOOT_ACPI_MAP_H
#define BOOT_ACPI_MAP_H

/* Local APIC and I/O APIC; the I/O APIC's first pin is global system interrupt 0. */
#define ACPI_MAP_LAPIC_GPA  0xfee00000
#define ACPI_MAP_IOAPIC_GPA 0xfec00000
#define ACPI_MAP_IOAPIC_ID  0

/* ISA interrupt 0 (PIT channel 0, HPET timer 0 in legacy mode) is on this I/O APIC pin. */
#define ACPI_MAP_PIT_GSI 2

/* The PM block, as devices/pc/acpi_pm.h lays it out, and its interrupt: level, active high. */
#define ACPI_MAP_PM_PORT     0x600
#define ACPI_MAP_PM_CNT_PORT 0x604
#define ACPI_MAP_PM_TMR_PORT 0x608
#define ACPI_MAP_SCI_GSI     9
/* SLP_TYP of S5: 2000h to port 604h powers off, as kernels do that do not read the DSDT. */
#define ACPI_MAP_SLP_TYP_S5 0
#define ACPI_MAP_SLP_TYP_S3 1

/* See devices/pc/pvpanic.h. */
#define ACPI_MAP_PVPANIC_PORT 0x505

/* A write of this byte to this port resets the machine: the i8042's pulse of its output bit 0. */
#define ACPI_MAP_RESET_PORT  0x64
#define ACPI_MAP_RESET_VALUE 0xfe

#define ACPI_MAP_HPET_GPA          0xfed00000
#define ACPI_MAP_HPET_LENGTH_BYTES 0x500

/*
 * Pages that ACPI devices share with the guest, and the interrupt of the Generic Event Device, by
 * which it learns that one has changed: an edge, active high. It is a pin of the I/O APIC alone. A
 * PIC would pass it on to a guest that has not set up the PICs, and has vectors of exceptions
 * there.
 */
#define ACPI_MAP_PAGES_GPA        0xfeffa000
#define ACPI_MAP_VMGENID_GPA      0xfeffa000
#define ACPI_MAP_VMCLOCK_GPA      0xfeffb000
#define ACPI_MAP_VMCLOCK_LAST_GPA 0xfeffbfff
#define ACPI_MAP_VMCLOCK_BYTES    0x1000
#define ACPI_MAP_GED_GSI          16

/*
 * Virtio devices, in slots of a page each; slot n has the interrupt GSI + n % GSIS, by level and
 * active high, which others share. These too are pins of the I/O APIC alone. The mark is what
 * boot/virtio.asl has where the slots that there are, as bits, are to be filled in.
 */
#define ACPI_MAP_VIRTIO_GPA        0xfeb00000
#define ACPI_MAP_VIRTIO_STRIDE     0x1000
#define ACPI_MAP_VIRTIO_BYTES      0x200
#define ACPI_MAP_VIRTIO_GSI        17
#define ACPI_MAP_VIRTIO_GSIS       3
#define ACPI_MAP_VIRTIO_SLOTS      5
#define ACPI_MAP_VIRTIO_SLOTS_MARK 0xa5

/* CMOS byte that holds the century. */
#define ACPI_MAP_RTC_CENTURY_REG 0x32

#endif
