/* SPDX-License-Identifier: BSD-2-Clause */
/* See vmgenid.h. */
#include "devices/acpi/vmgenid.h"

void vmgenid_fill(uint8_t page[static VMGENID_BYTES], const uint8_t uuid[static VMGENID_BYTES])
{
    static const uint8_t from[VMGENID_BYTES] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                8, 9, 10, 11, 12, 13, 14, 15};

    for (unsigned i = 0; i < VMGENID_BYTES; i++)
        page[i] = uuid[from[i]];
}
