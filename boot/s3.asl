/* SPDX-License-Identifier: BSD-2-Clause */
/* SSDT of a machine that can sleep with its memory kept. */
#include "boot/acpi_map.h"

DefinitionBlock ("", "SSDT", 2, "MINIVM", "MINIVMM ", 1)
{
    Name (\_S3, Package () { ACPI_MAP_SLP_TYP_S3, ACPI_MAP_SLP_TYP_S3, 0, 0 })
}
