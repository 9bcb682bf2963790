/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of pages of a guest's memory: a bit for each, by its number, and numbers go on from one
 * region to the next. Memory for it that is never touched costs nothing.
 */
#ifndef VMM_MACHINE_PAGE_SET_H
#define VMM_MACHINE_PAGE_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/guest_mem.h"

#define PAGE_SET_PAGE_BYTES 4096

struct page_set {
    /* NULL: it is not there. */
    uint64_t *bits;
    uint64_t page_count;
};

/* An empty set for this memory. False: there is no room. */
bool page_set_init(struct page_set *set, const struct guest_mem *memory);
void page_set_free(struct page_set *set);

/* Nothing of a size of 0, or of a set that is not there. The bytes are in memory. */
void page_set_add(struct page_set *set, const struct guest_mem *memory, uint64_t gpa,
                  uint64_t size_bytes);

/* Adds all pages of the other set, which is of the same memory. */
void page_set_add_set(struct page_set *set, const struct page_set *other);

void page_set_clear(struct page_set *set);

/* The first page from this number on; page_count if there is none. */
uint64_t page_set_next(const struct page_set *set, uint64_t from);

bool page_set_has(const struct page_set *set, uint64_t page);
void page_set_remove(struct page_set *set, uint64_t page);
uint64_t page_set_count(const struct page_set *set);

/* The number of the first page of a region. */
uint64_t page_set_first_of(const struct guest_mem *memory, unsigned region);

#endif
