/* SPDX-License-Identifier: BSD-2-Clause */
/* See bzimage_file.h. */
#include "tests/unit/bzimage_file.h"

#include <string.h>

void bzimage_file_make(uint8_t image[static BZIMAGE_BYTES])
{
    struct setup_header header = {
        .setup_sects = 4,
        .syssize = BZIMAGE_SYSTEM_BYTES / 16,
        .boot_flag = 0xaa55,
        .jump = 0xeb | (BZIMAGE_HEADER_END - 0x202) << 8,
        .header = 0x53726448,
        .version = 0x020f,
        .loadflags = LOADED_HIGH,
        .initrd_addr_max = 0x7fffffff,
        .kernel_alignment = 0x200000,
        .relocatable_kernel = 1,
        .xloadflags = XLF_KERNEL_64,
        .cmdline_size = 2047,
        .payload_offset = 0x300,
        .payload_length = 0x800,
        .pref_address = BZIMAGE_PREF_GPA,
        .init_size = BZIMAGE_INIT_BYTES,
        .handover_offset = 0x1234,
    };

    memset(image, 0xee, BZIMAGE_SETUP_BYTES);
    memcpy(image + BZIMAGE_FIELD(setup_sects), &header,
           BZIMAGE_HEADER_END - BZIMAGE_FIELD(setup_sects));
    for (unsigned i = 0; i < BZIMAGE_SYSTEM_BYTES; i++)
        image[BZIMAGE_SETUP_BYTES + i] = (uint8_t)(i * 7 + 1);
}

void bzimage_file_rig_with(struct boot_rig *rig, size_t field, uint64_t value, size_t size_bytes)
{
    uint8_t image[BZIMAGE_BYTES];

    bzimage_file_make(image);
    memcpy(image + field, &value, size_bytes);
    boot_rig_init(rig, BOOT_RIG_MIB(64));
    boot_rig_set_kernel(rig, image, sizeof image);
}

void bzimage_file_rig_init(struct boot_rig *rig)
{
    bzimage_file_rig_with(rig, 0, 0, 0);
}
