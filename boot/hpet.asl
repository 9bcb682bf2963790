/* SPDX-License-Identifier: BSD-2-Clause */
/* SSDT of a machine with an HPET. Its address is also in the HPET table, which is read earlier. */
#include "boot/acpi_map.h"

DefinitionBlock ("", "SSDT", 2, "MINIVM", "MINIVMM ", 1)
{
    Device (\_SB.HPET)
    {
        Name (_HID, EisaId ("PNP0103"))
        Name (_CRS, ResourceTemplate () {
            Memory32Fixed (ReadWrite, ACPI_MAP_HPET_GPA, ACPI_MAP_HPET_LENGTH_BYTES)
        })
    }
}
