/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory on its way to another process: by rounds, while the guest may run.
 *
 * The first round is all pages that may be anything but zeros. Each further one is what was written
 * to since: by the guest, of which KVM keeps a log (vmm/kvm/dirty_log.h); by devices, of which
 * machine->device_pages tells; and by minivmm's clocks, of which machine->own_pages tells: all
 * pages that they were ever shown for that. Those are few, and always part of the last round. A
 * page that is written to while it is read is torn, and comes once more.
 *
 * Main thread. In the last round the guest stands still.
 */
#ifndef VMM_MACHINE_MIGRATION_MEMORY_H
#define VMM_MACHINE_MIGRATION_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/migration_message.h"
#include "vmm/machine/page_set.h"

struct machine;

struct migration_memory {
    struct machine *machine;
    bool is_logging;
    /* To be sent in this round, and its number, from 1. */
    struct page_set left;
    uint64_t left_pages;
    unsigned round;
    /* The next page to be looked at. */
    uint64_t page;
    /* For KVM. */
    struct page_set written;
    /* A message. */
    uint8_t *payload;
    /* In all, as QEMU counts them: pages with contents, and pages of zeros. */
    uint64_t normal_pages;
    uint64_t zero_pages;
};

/* Begins the first round. 0, or -errno after an error line; then there is nothing to end. */
int migration_memory_begin(struct migration_memory *self, struct machine *machine);

/*
 * The next message of the round: true, with its payload in self->payload until the next call; false
 * at the round's end.
 */
bool migration_memory_next(struct migration_memory *self, enum migration_type *type,
                           uint32_t *size_bytes);

/* Begins a further round; is_last: the guest stands still. 0 or -errno after an error line. */
int migration_memory_look(struct migration_memory *self, bool is_last);

/* The log is off again. Harmless if nothing was begun, and set to zeros. */
void migration_memory_end(struct migration_memory *self);

#endif
