/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSDT of a machine with virtio devices: where the registers of each are. All that a machine can
 * have are here. VIOS says which of them there are, a bit for each, and is filled in when the table
 * is made (boot/acpi_tables.c). Addresses and interrupts are those of boot/acpi_map.h, as plain
 * numbers: iasl takes no arithmetic in a resource.
 */
#include "boot/acpi_map.h"

DefinitionBlock ("", "SSDT", 2, "MINIVM", "MINIVMM ", 1)
{
    /* The first object of the table. */
    Name (\VIOS, ACPI_MAP_VIRTIO_SLOTS_MARK)

    Scope (\_SB)
    {
        Device (VIO0)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 0)
            Name (_CCA, 1)
            Method (_STA) { If (VIOS & 1) { Return (0x0F) } Return (0) }
            Name (_CRS, ResourceTemplate () {
                Memory32Fixed (ReadWrite, 0xfeb00000, ACPI_MAP_VIRTIO_BYTES)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 17 }
            })
        }

        Device (VIO1)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 1)
            Name (_CCA, 1)
            Method (_STA) { If (VIOS & 2) { Return (0x0F) } Return (0) }
            Name (_CRS, ResourceTemplate () {
                Memory32Fixed (ReadWrite, 0xfeb01000, ACPI_MAP_VIRTIO_BYTES)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 18 }
            })
        }

        Device (VIO2)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 2)
            Name (_CCA, 1)
            Method (_STA) { If (VIOS & 4) { Return (0x0F) } Return (0) }
            Name (_CRS, ResourceTemplate () {
                Memory32Fixed (ReadWrite, 0xfeb02000, ACPI_MAP_VIRTIO_BYTES)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 19 }
            })
        }

        Device (VIO3)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 3)
            Name (_CCA, 1)
            Method (_STA) { If (VIOS & 8) { Return (0x0F) } Return (0) }
            Name (_CRS, ResourceTemplate () {
                Memory32Fixed (ReadWrite, 0xfeb03000, ACPI_MAP_VIRTIO_BYTES)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 17 }
            })
        }

        Device (VIO4)
        {
            Name (_HID, "LNRO0005")
            Name (_UID, 4)
            Name (_CCA, 1)
            Method (_STA) { If (VIOS & 16) { Return (0x0F) } Return (0) }
            Name (_CRS, ResourceTemplate () {
                Memory32Fixed (ReadWrite, 0xfeb04000, ACPI_MAP_VIRTIO_BYTES)
                Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 18 }
            })
        }
    }
}
