/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all loaders share: reading with an error line, and finding room in guest memory for the
 * image and the command line; boot/modules.h does it for modules. For the loaders only.
 *
 * Every function returns 0, or a negative errno with *error filled in.
 */
#ifndef BOOT_PLACE_H
#define BOOT_PLACE_H

#include <stdint.h>

#include "boot/request.h"

/* Addresses from start_gpa up to, not including, end_gpa. */
struct place_span {
    uint64_t start_gpa;
    uint64_t end_gpa;
};

/* Reads size_bytes at offset_bytes of the source to memory of the host. */
int place_read(const struct boot_source *source, uint64_t offset_bytes, void *to,
               uint64_t size_bytes, struct boot_error *error);

/* Reads size_bytes at offset_bytes of the source to guest memory, which has been checked for it. */
int place_load(const struct boot_source *source, uint64_t offset_bytes, const struct guest_mem *mem,
               uint64_t gpa, uint64_t size_bytes, struct boot_error *error);

/*
 * Checks that an image may occupy the span, if there is enough memory: it is in the conventional
 * memory above the boot data, or from 1 MiB to the hole. `what` names the part of the image in the
 * error line.
 */
int place_check_image(const struct boot_request *request, const char *what, struct place_span span,
                      struct boot_error *error);

/* Checks that there is memory up to end_gpa, where an image ends. It is not above 3 GiB. */
int place_check_memory(const struct boot_request *request, uint64_t end_gpa,
                       struct boot_error *error);

/*
 * Puts the command line at LAYOUT_COMMAND_LINE_GPA. Unless `before` is "", it and a space come
 * before. An error if all of it has more than max_bytes, which are what the kernel takes, without
 * the NUL at its end.
 */
int place_command_line(const struct boot_request *request, const char *before, uint64_t max_bytes,
                       struct boot_error *error);

/* Bytes in MiB, rounded up, and the guest's memory in MiB: for error lines. */
uint64_t place_mib_ceil(uint64_t bytes);
uint64_t place_memory_mib(const struct guest_mem *mem);

#endif
