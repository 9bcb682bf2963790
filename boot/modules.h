/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modules of a request in guest memory: Linux's initrd, or what Multiboot and PVH hand to a
 * kernel. For the loaders only.
 *
 * They lie one behind the other, each on a page of its own and in the order of the request. The
 * bytes between two are zeros, which Linux skips between the archives of an initrd.
 *
 * Both functions return 0, or a negative errno with *error filled in.
 */
#ifndef BOOT_MODULES_H
#define BOOT_MODULES_H

#include "boot/place.h"

struct modules_placed {
    /* From the start of the first to the end of the last; zeros if there are none. */
    struct place_span all;
    struct place_span each[BOOT_MAX_MODULES];
};

/* Loads them as high as possible, above image_end_gpa and below max_end_gpa and the hole. */
int modules_load(const struct boot_request *request, uint64_t image_end_gpa, uint64_t max_end_gpa,
                 struct modules_placed *placed, struct boot_error *error);

/*
 * Puts a text that goes with a module, with its NUL, where *next_gpa says, and moves that behind
 * it. Texts follow the command line: the first one's place is modules_texts_gpa.
 */
int modules_put_text(const struct boot_request *request, const char *text, uint64_t *next_gpa,
                     struct boot_error *error);
uint64_t modules_texts_gpa(const struct guest_mem *mem);

#endif
