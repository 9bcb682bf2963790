/* SPDX-License-Identifier: BSD-2-Clause */
/* A small bzImage for the tests, correct in every field. */
#ifndef TESTS_UNIT_BZIMAGE_FILE_H
#define TESTS_UNIT_BZIMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <asm/bootparam.h>

#include "tests/unit/boot_rig.h"

#define BZIMAGE_SETUP_BYTES  (5 * 512)
#define BZIMAGE_SYSTEM_BYTES 0x1000
#define BZIMAGE_BYTES        (BZIMAGE_SETUP_BYTES + BZIMAGE_SYSTEM_BYTES)
#define BZIMAGE_PREF_GPA     0x1000000
#define BZIMAGE_INIT_BYTES   0x2000000
#define BZIMAGE_HEADER_END   0x26c

/* Offset in the file of a field of the setup header. */
#define BZIMAGE_FIELD(name) offsetof(struct boot_params, hdr.name)

/* The kernel proper is a pattern without two equal neighbours, the setup code rubbish. */
void bzimage_file_make(uint8_t image[static BZIMAGE_BYTES]);

/* A rig with 64 MiB of memory and the image as kernel. */
void bzimage_file_rig_init(struct boot_rig *rig);

/* The same, with size_bytes bytes at offset field set to value. */
void bzimage_file_rig_with(struct boot_rig *rig, size_t field, uint64_t value, size_t size_bytes);

#endif
