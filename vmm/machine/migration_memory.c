/* SPDX-License-Identifier: BSD-2-Clause */
/* See migration_memory.h. */
#include "vmm/machine/migration_memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/host/pagemap.h"
#include "vmm/kvm/dirty_log.h"
#include "vmm/machine/machine.h"

#define PAGE_BYTES   MIGRATION_PAGE_BYTES
#define LOOKED_PAGES 512

static int set_log(struct migration_memory *self, bool on)
{
    const struct guest_mem *memory = &self->machine->memory;
    int result = 0;

    for (unsigned i = 0; result == 0 && i < memory->region_count; i++) {
        const struct guest_mem_region *region = &memory->regions[i];

        result = kvm_log_dirty_pages(&self->machine->kvm, i, region->base_gpa, region->size_bytes,
                                     region->host, on);
    }
    return result;
}

/* Pages of a file that the machine was restored from are none that it never had. */
static void add_touched(struct migration_memory *self, const struct guest_mem_region *region,
                        int pagemap_fd)
{
    uint64_t entries[LOOKED_PAGES];

    for (uint64_t at = 0; at < region->size_bytes; at += sizeof entries / 8 * PAGE_BYTES) {
        uint64_t left = (region->size_bytes - at) / PAGE_BYTES;
        size_t count = left < LOOKED_PAGES ? (size_t)left : LOOKED_PAGES;
        bool is_known = self->machine->memory_file.fd < 0 &&
                        pagemap_read(pagemap_fd, region->host + at, count, entries);

        for (size_t i = 0; i < count; i++)
            if (!is_known || (entries[i] & PAGEMAP_PRESENT) != 0)
                page_set_add(&self->left, &self->machine->memory,
                             region->base_gpa + at + i * PAGE_BYTES, 1);
    }
}

static void begin_round(struct migration_memory *self)
{
    self->round++;
    self->page = 0;
    self->left_pages = page_set_count(&self->left);
}

static void add_all_touched(struct migration_memory *self)
{
    const struct guest_mem *memory = &self->machine->memory;
    int fd = pagemap_open();

    for (unsigned i = 0; i < memory->region_count; i++)
        add_touched(self, &memory->regions[i], fd);
    if (fd >= 0)
        close(fd);
    begin_round(self);
}

/* The log is on before the first page is read. */
int migration_memory_begin(struct migration_memory *self, struct machine *machine)
{
    int result = 0;

    *self = (struct migration_memory){.machine = machine};
    self->payload = malloc(migration_max_bytes(MIGRATION_PAGES));
    if (self->payload == NULL || !page_set_init(&self->left, &machine->memory) ||
        !page_set_init(&self->written, &machine->memory)) {
        log_error("out of memory");
        result = -ENOMEM;
    }
    self->is_logging = result == 0;
    if (result == 0)
        result = set_log(self, true);
    if (result < 0)
        migration_memory_end(self);
    else
        add_all_touched(self);
    return result;
}

static const uint8_t *page_at(const struct migration_memory *self, uint64_t page, uint64_t *gpa)
{
    const struct guest_mem *memory = &self->machine->memory;
    unsigned region = memory->region_count - 1;
    uint64_t offset;

    while (page < page_set_first_of(memory, region))
        region--;
    offset = (page - page_set_first_of(memory, region)) * PAGE_BYTES;
    *gpa = memory->regions[region].base_gpa + offset;
    return memory->regions[region].host + offset;
}

/* Takes a page out of the round. */
static void take(struct migration_memory *self, uint64_t page)
{
    page_set_remove(&self->left, page);
    self->left_pages--;
    self->page = page + 1;
}

/*
 * The payload begins with the page. Its neighbours join it while they are of the round and of the
 * same kind: pages of zeros, or of anything else. They are copied before they are looked at, as the
 * guest may write to them.
 */
static bool fill(struct migration_memory *self, uint64_t page, struct migration_range *range)
{
    uint8_t *to = self->payload + sizeof *range;
    uint64_t first_gpa, gpa;
    bool are_zeros = false;

    page_at(self, page, &first_gpa);
    *range = (struct migration_range){.gpa = first_gpa};
    while (range->page_count < MIGRATION_MAX_PAGES && page_set_has(&self->left, page)) {
        const uint8_t *from = page_at(self, page, &gpa);

        if (gpa != first_gpa + range->page_count * PAGE_BYTES)
            break;
        memcpy(to, from, PAGE_BYTES);
        if (range->page_count == 0)
            are_zeros = migration_page_is_zeros(to);
        else if (migration_page_is_zeros(to) != are_zeros)
            break;
        take(self, page++);
        range->page_count++;
        if (!are_zeros)
            to += PAGE_BYTES;
    }
    return are_zeros;
}

bool migration_memory_next(struct migration_memory *self, enum migration_type *type,
                           uint32_t *size_bytes)
{
    uint64_t page = page_set_next(&self->left, self->page);
    struct migration_range range;
    bool are_zeros;

    if (page >= self->left.page_count)
        return false;
    are_zeros = fill(self, page, &range);
    memcpy(self->payload, &range, sizeof range);
    *type = are_zeros ? MIGRATION_ZEROS : MIGRATION_PAGES;
    *size_bytes =
        (uint32_t)(sizeof range + (are_zeros ? 0 : range.page_count * MIGRATION_PAGE_BYTES));
    if (are_zeros)
        self->zero_pages += range.page_count;
    else
        self->normal_pages += range.page_count;
    return true;
}

int migration_memory_look(struct migration_memory *self, bool is_last)
{
    struct machine *machine = self->machine;
    int result = 0;

    for (unsigned i = 0; result == 0 && i < machine->memory.region_count; i++) {
        uint64_t first = page_set_first_of(&machine->memory, i);

        assert(first % 64 == 0);
        result = kvm_take_dirty_pages(&machine->kvm, i, self->written.bits + first / 64);
    }
    page_set_add_set(&self->left, &self->written);
    machine_lock(machine);
    page_set_add_set(&self->left, &machine->device_pages);
    page_set_clear(&machine->device_pages);
    if (is_last)
        page_set_add_set(&self->left, &machine->own_pages);
    machine_unlock(machine);
    begin_round(self);
    return result;
}

void migration_memory_end(struct migration_memory *self)
{
    if (self->is_logging)
        set_log(self, false);
    page_set_free(&self->left);
    page_set_free(&self->written);
    free(self->payload);
    *self = (struct migration_memory){0};
}
