/* SPDX-License-Identifier: BSD-2-Clause */
/* See fault_end_records.h. */
#include "vmm/machine/fault_end_records.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "snapshot/record.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_record.h"

static_assert(FAULT_END_WORDS_BYTES == FAULT_TEXT_BYTES, "every fault fits");

void fault_end_records_add(const struct machine *machine, struct note_writer *writer)
{
    for (unsigned i = 0; i < machine->fault_ends.count; i++) {
        const struct scheduled_fault *entry = &machine->fault_ends.entries[i];
        struct fault_end_record record = {.at_ns = entry->at_ns};
        struct text words;

        text_init(&words, record.words, sizeof record.words);
        fault_add_words(&entry->fault, &words);
        record_add(writer, RECORD_FAULT_END, i, &record, sizeof record);
    }
}

/* The end of a fault is done without asking once more whether it is possible. */
static bool take(const struct machine *machine, uint64_t now_ns, const struct record *record,
                 struct fault *fault, uint64_t *at_ns, struct text *error)
{
    struct fault_end_record loaded;

    if (record->size_bytes != sizeof loaded) {
        text_add(error, "it is cut off");
        return false;
    }
    memcpy(&loaded, record->bytes, sizeof loaded);
    if (memchr(loaded.words, '\0', sizeof loaded.words) == NULL) {
        text_add(error, "its words have no end");
        return false;
    }
    if (!fault_from_words(loaded.words, fault, error) ||
        !machine_fault_is_possible(machine, fault, error))
        return false;
    *at_ns = loaded.at_ns;
    if (fault_lasts_ns(fault) > 0 &&
        (loaded.at_ns <= now_ns || loaded.at_ns - now_ns <= fault_lasts_ns(fault)))
        return true;
    text_add(error, "%s does not last so long", fault_rows[fault->kind].name);
    return false;
}

int fault_end_records_load(struct machine *machine, uint64_t now_ns, const void *records,
                           size_t size_bytes, struct text *error)
{
    struct fault_ends *ends = &machine->fault_ends;
    char line[FAULT_ERROR_BYTES];
    struct record record;
    struct fault fault;
    struct text why;
    uint64_t at_ns = 0;

    for (unsigned i = 0; i < FAULT_ENDS_MAX; i++) {
        if (!record_find(records, size_bytes, RECORD_FAULT_END, i, &record))
            return 0;
        text_init(&why, line, sizeof line);
        if (!take(machine, now_ns, &record, &fault, &at_ns, &why)) {
            text_add(error, "end of fault %u: %s", i, line);
            return -EINVAL;
        }
        fault_ends_begin(ends, &fault, at_ns - fault_lasts_ns(&fault));
    }
    return 0;
}
