/* SPDX-License-Identifier: BSD-2-Clause */
/* See page_set.h. */
#include "vmm/machine/page_set.h"

#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64

static uint64_t word_count(const struct page_set *set)
{
    return (set->page_count + WORD_BITS - 1) / WORD_BITS;
}

/* One word more than is used, so that there is always one. */
bool page_set_init(struct page_set *set, const struct guest_mem *memory)
{
    set->page_count = page_set_first_of(memory, memory->region_count);
    set->bits = calloc(word_count(set) + 1, sizeof *set->bits);
    return set->bits != NULL;
}

void page_set_free(struct page_set *set)
{
    free(set->bits);
    *set = (struct page_set){0};
}

uint64_t page_set_first_of(const struct guest_mem *memory, unsigned region)
{
    uint64_t page = 0;

    for (unsigned i = 0; i < region; i++)
        page += memory->regions[i].size_bytes / PAGE_SET_PAGE_BYTES;
    return page;
}

/* The address is in memory. */
static uint64_t page_of(const struct guest_mem *memory, uint64_t gpa)
{
    unsigned region = 0;

    while (gpa - memory->regions[region].base_gpa >= memory->regions[region].size_bytes)
        region++;
    return page_set_first_of(memory, region) +
           (gpa - memory->regions[region].base_gpa) / PAGE_SET_PAGE_BYTES;
}

void page_set_add(struct page_set *set, const struct guest_mem *memory, uint64_t gpa,
                  uint64_t size_bytes)
{
    uint64_t last;

    if (set->bits == NULL || size_bytes == 0)
        return;
    last = page_of(memory, gpa + size_bytes - 1);
    for (uint64_t page = page_of(memory, gpa); page <= last; page++)
        set->bits[page / WORD_BITS] |= UINT64_C(1) << page % WORD_BITS;
}

void page_set_add_set(struct page_set *set, const struct page_set *other)
{
    for (uint64_t i = 0; i < word_count(set); i++)
        if (other->bits[i] != 0)
            set->bits[i] |= other->bits[i];
}

void page_set_clear(struct page_set *set)
{
    memset(set->bits, 0, word_count(set) * sizeof *set->bits);
}

uint64_t page_set_next(const struct page_set *set, uint64_t from)
{
    uint64_t word = from / WORD_BITS;
    uint64_t bits;

    if (from >= set->page_count)
        return set->page_count;
    bits = set->bits[word] & (UINT64_MAX << from % WORD_BITS);
    while (bits == 0 && ++word < word_count(set))
        bits = set->bits[word];
    return bits == 0 ? set->page_count : word * WORD_BITS + (uint64_t)__builtin_ctzll(bits);
}

bool page_set_has(const struct page_set *set, uint64_t page)
{
    return page < set->page_count && (set->bits[page / WORD_BITS] >> page % WORD_BITS & 1) != 0;
}

void page_set_remove(struct page_set *set, uint64_t page)
{
    set->bits[page / WORD_BITS] &= ~(UINT64_C(1) << page % WORD_BITS);
}

uint64_t page_set_count(const struct page_set *set)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < word_count(set); i++)
        count += (uint64_t)__builtin_popcountll(set->bits[i]);
    return count;
}
