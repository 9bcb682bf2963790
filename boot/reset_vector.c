/* SPDX-License-Identifier: BSD-2-Clause */
/* See reset_vector.h. */
#include "boot/reset_vector.h"

#include <string.h>

#include "boot/acpi_map.h"

void reset_vector_fill(unsigned char area[LAYOUT_RESET_VECTOR_BYTES])
{
    /* For real mode; HLT only for the time that the machine takes to end. */
    static const unsigned char code[LAYOUT_RESET_VECTOR_BYTES] = {
        0xb0,        ACPI_MAP_RESET_VALUE, /* F000:FFE0  mov al, value */
        0xe6,        ACPI_MAP_RESET_PORT,  /*            out port, al */
        0xfa,                              /*            cli */
        0xf4,                              /*            hlt */
        0xeb,        0xfd,                 /*            jmp to the hlt */
        [16] = 0xea, 0xe0,
        0xff,        0x00,
        0xf0,        /* F000:FFF0  jmp F000:FFE0 */
        [30] = 0xfc, /* F000:FFFE  the model: an AT */
    };

    memcpy(area, code, sizeof code);
}
