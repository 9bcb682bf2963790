/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SSDT of the Generic Event Device, and of the devices that it tells of: their pages of memory have
 * changed. Which of them, the guest sees in the page: _EVT notifies all.
 */
#include "boot/acpi_map.h"

DefinitionBlock ("", "SSDT", 2, "MINIVM", "MINIVMM ", 1)
{
    /* In a table of its own, where there is one. */
    External (\_SB.VCLK, DeviceObj)

    Scope (\_SB)
    {
        Device (VGEN)
        {
            Name (_HID, "MVMM0001")
            Name (_CID, "VM_Gen_Counter")
            Name (_DDN, "VM_Gen_Counter")
            Name (ADDR, Package () { ACPI_MAP_VMGENID_GPA, 0 })
        }

        Device (GED)
        {
            Name (_HID, "ACPI0013")
            Name (_CRS, ResourceTemplate () {
                Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { ACPI_MAP_GED_GSI }
            })

            Method (_EVT, 1)
            {
                Notify (VGEN, 0x80)
                If (CondRefOf (\_SB.VCLK))
                {
                    Notify (\_SB.VCLK, 0x80)
                }
            }
        }
    }
}
