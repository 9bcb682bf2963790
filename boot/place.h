/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What all loaders share: reading with an error line, and finding room in guest memory for the
 * image, the initrd and the command line. For the loaders only; functions that can fail return 0,
 * or a negative errno with the error line written.
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
 * Whether an image may occupy the span if there is enough memory: conventional memory above the
 * boot data, or memory from 1 MiB to the hole. what names the part of the image in the error line.
 */
int place_check_image(const struct boot_request *request, const char *what, struct place_span span,
                      struct boot_error *error);

/* Whether there is as much memory as an image needs that ends at end_gpa, which is below 3 GiB. */
int place_check_memory(const struct boot_request *request, uint64_t end_gpa,
                       struct boot_error *error);

/*
 * Loads the initrd, page aligned, as high as possible, above image_end_gpa and below max_end_gpa
 * and the hole. *initrd is where, or all 0 if the request has none.
 */
int place_initrd(const struct boot_request *request, uint64_t image_end_gpa, uint64_t max_end_gpa,
                 struct place_span *initrd, struct boot_error *error);

/*
 * Puts the command line at LAYOUT_COMMAND_LINE_GPA, after first_word and a space unless that is "",
 * if it all has at most max_bytes without its 0.
 */
int place_command_line(const struct boot_request *request, const char *first_word,
                       uint64_t max_bytes, struct boot_error *error);

#endif
