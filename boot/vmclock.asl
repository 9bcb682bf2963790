/* SPDX-License-Identifier: BSD-2-Clause */
/* SSDT of vmclock: where its page is. The Generic Event Device tells of its changes (boot/ged.asl). */
#include "boot/acpi_map.h"

DefinitionBlock ("", "SSDT", 2, "MINIVM", "MINIVMM ", 1)
{
    Device (\_SB.VCLK)
    {
        Name (_HID, "AMZNC10C")
        Name (_CID, "VMCLOCK")
        Name (_DDN, "VMCLOCK")
        Name (_STA, 0x0F)
        Name (_CRS, ResourceTemplate () {
            QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadOnly,
                0, ACPI_MAP_VMCLOCK_GPA, ACPI_MAP_VMCLOCK_LAST_GPA, 0, ACPI_MAP_VMCLOCK_BYTES)
        })
    }
}
