/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest for the tests of the loaders: memory, and a kernel and an initrd in files. */
#ifndef TESTS_UNIT_BOOT_RIG_H
#define TESTS_UNIT_BOOT_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "boot/boot.h"

#define BOOT_RIG_MIB(n)   ((uint64_t)(n) << 20)
#define BOOT_RIG_RSDP_GPA 0xe0040

struct boot_rig {
    struct guest_mem mem;
    struct boot_source kernel;
    struct boot_module initrd;
    struct boot_request request;
    struct boot_entry entry;
    struct boot_error error;
};

/* Zeroed memory, an empty command line, no kernel and no initrd. */
void boot_rig_init(struct boot_rig *rig, uint64_t memory_bytes);
void boot_rig_free(struct boot_rig *rig);

/* The kernel is a file named "kernel" with these bytes. */
void boot_rig_set_kernel(struct boot_rig *rig, const void *bytes, size_t size_bytes);

/* The initrd is a file named "initrd" of size_bytes bytes that are 0xaa, and 0x55 at both ends. */
void boot_rig_set_initrd(struct boot_rig *rig, size_t size_bytes);

/*
 * Three modules from memory: "one" of 3 bytes, "two a=1" of a page and a byte, "three" of 5 bytes.
 * The bytes of each are its number.
 */
void boot_rig_set_modules(struct boot_rig *rig);

/* Asserts that there are size_bytes bytes, and that all are the value. */
void boot_rig_assert_bytes(const struct boot_rig *rig, uint64_t gpa, uint64_t size_bytes,
                           uint8_t value);

/* Whether these addresses hold the initrd. */
bool boot_rig_has_initrd(const struct boot_rig *rig, uint64_t start_gpa, uint64_t size_bytes);

/* Asserts that boot_load gives 0. */
void boot_rig_load(struct boot_rig *rig);

/* Asserts that boot_load fails with this line. */
void boot_rig_fail(struct boot_rig *rig, const char *text);

/* A pointer into guest memory, which is asserted to be there. */
void *boot_rig_at(const struct boot_rig *rig, uint64_t gpa, uint64_t size_bytes);

/*
 * Loads the first 0, 1, 2 and so on bytes of an image, from a file and from memory. Asserts that
 * those shorter than min_bytes fail, that the whole loads, and that what fails has an error line.
 */
void boot_rig_sweep_truncation(struct boot_rig *rig, const uint8_t *image, size_t size_bytes,
                               size_t min_bytes);

/*
 * Loads the image with each of its bytes in turn set to several values: whatever that means, it is
 * a success or an error line.
 */
void boot_rig_sweep_damage(struct boot_rig *rig, const uint8_t *image, size_t size_bytes,
                           size_t first, size_t last);

#endif
