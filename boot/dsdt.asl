/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DSDT: power-off, and the ISA devices that an operating system cannot find by probing or should
 * not have to. The power button is the fixed one of the PM block, so it is not here.
 */
#include "boot/acpi_map.h"

DefinitionBlock ("", "DSDT", 2, "MINIVM", "MINIVMM ", 1)
{
    Name (\_S5, Package () { ACPI_MAP_SLP_TYP_S5, ACPI_MAP_SLP_TYP_S5, 0, 0 })

    Scope (\_SB)
    {
        Device (PIT)
        {
            Name (_HID, EisaId ("PNP0100"))
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x40, 0x40, 0, 4)
                IRQNoFlags () { 0 }
            })
        }

        Device (SPKR)
        {
            Name (_HID, EisaId ("PNP0800"))
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x61, 0x61, 0, 1)
            })
        }

        Device (RTC)
        {
            Name (_HID, EisaId ("PNP0B00"))
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x70, 0x70, 0, 2)
                IRQNoFlags () { 8 }
            })
        }

        Device (COM1)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 1)
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x3f8, 0x3f8, 0, 8)
                IRQNoFlags () { 4 }
            })
        }

        Device (COM2)
        {
            Name (_HID, EisaId ("PNP0501"))
            Name (_UID, 2)
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, 0x2f8, 0x2f8, 0, 8)
                IRQNoFlags () { 3 }
            })
        }

        Device (PEVT)
        {
            Name (_HID, "QEMU0001")
            Name (_CRS, ResourceTemplate () {
                IO (Decode16, ACPI_MAP_PVPANIC_PORT, ACPI_MAP_PVPANIC_PORT, 0, 1)
            })
        }
    }
}
