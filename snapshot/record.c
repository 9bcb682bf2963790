/* SPDX-License-Identifier: BSD-2-Clause */
/* See record.h. */
#include "snapshot/record.h"

#include <assert.h>
#include <string.h>

/* In front of each record; see record.h. */
struct head {
    uint16_t version;
    uint16_t flags;
    uint32_t instance;
};
static_assert(sizeof(struct head) == RECORD_HEAD_BYTES, "as the header says");

struct type_row {
    uint32_t type;
    /* The highest that is known, and the one that is written. */
    uint16_t version;
    const char *name;
};

/* A new layout of a record: a higher version here, and all earlier ones still read. */
static const struct type_row rows[] = {
    {RECORD_PRODUCER, 1, "producer"},
    {RECORD_FORMAT, 1, "format"},
    {RECORD_CONFIG, 1, "configuration"},
    {RECORD_HOST, 1, "host"},
    {RECORD_TIME, 1, "time"},
    {RECORD_TIMEBASE, 1, "timebase"},
    {RECORD_VCPU_TIME, 1, "vCPU time"},
    {RECORD_VCPU_MP_STATE, 1, "vCPU MP state"},
    {RECORD_VCPU_REGS, 1, "vCPU registers"},
    {RECORD_VCPU_SREGS2, 1, "vCPU system registers"},
    {RECORD_VCPU_XSAVE, 1, "vCPU XSAVE area"},
    {RECORD_VCPU_XCRS, 1, "vCPU XCRs"},
    {RECORD_VCPU_DEBUGREGS, 1, "vCPU debug registers"},
    {RECORD_VCPU_MSRS, 1, "vCPU MSRs"},
    {RECORD_VCPU_LAPIC, 1, "vCPU local APIC"},
    {RECORD_VCPU_EVENTS, 1, "vCPU events"},
    {RECORD_VCPU_CPUID, 1, "vCPU CPUID"},
    {RECORD_IRQCHIP, 1, "interrupt controller"},
    {RECORD_DEVICE, 1, "device"},
    {RECORD_MACHINE, 1, "machine"},
    {RECORD_CONSOLE_INPUT, 1, "console input"},
    {RECORD_PANIC_WATCH, 1, "panic watch"},
    {RECORD_RTC_BASE, 1, "RTC base"},
    {RECORD_GENERATION_ID, 1, "identity"},
    {RECORD_LENS, 1, "lens"},
    {RECORD_PAGE_FAULT, 1, "kvm-clock page"},
    {RECORD_JITTER, 1, "jitter"},
    {RECORD_PAGE_JITTER, 1, "kvm-clock jitter"},
    {RECORD_FAULT_END, 1, "end of a fault"},
    {RECORD_CHECKSUM_TABLE, 1, "checksum table"},
    {RECORD_HEAD_CHECKSUM, 1, "head checksum"},
};

static const struct type_row *row_of(uint32_t type)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == type)
            return &rows[i];
    return NULL;
}

const char *record_type_name(uint32_t type)
{
    const struct type_row *row = row_of(type);

    return row != NULL ? row->name : NULL;
}

uint8_t *record_add_empty(struct note_writer *writer, enum record_type type, uint16_t flags,
                          uint32_t instance, uint32_t size_bytes)
{
    const struct head head = {row_of(type)->version, flags, instance};
    uint8_t *at = note_add(writer, RECORD_NOTE_NAME, type, RECORD_HEAD_BYTES + size_bytes);

    if (at == NULL)
        return NULL;
    memcpy(at, &head, sizeof head);
    return at + sizeof head;
}

void record_add(struct note_writer *writer, enum record_type type, uint32_t instance,
                const void *bytes, size_t size_bytes)
{
    uint8_t *at =
        record_add_empty(writer, type, RECORD_MUST_UNDERSTAND, instance, (uint32_t)size_bytes);

    if (at != NULL && size_bytes > 0)
        memcpy(at, bytes, size_bytes);
}

/* A note with our name as a record; false if it is too short to be one. */
static bool record_of(const struct note *note, struct record *record)
{
    struct head head;

    if (note->size_bytes < sizeof head)
        return false;
    memcpy(&head, note->bytes, sizeof head);
    *record = (struct record){
        .type = note->type,
        .version = head.version,
        .flags = head.flags,
        .instance = head.instance,
        .size_bytes = note->size_bytes - RECORD_HEAD_BYTES,
        .bytes = note->bytes + RECORD_HEAD_BYTES,
    };
    return true;
}

static bool is_known(const struct record *record)
{
    const struct type_row *row = row_of(record->type);

    return row != NULL && record->version >= 1 && record->version <= row->version;
}

/* Adds what is wrong with one record; false if nothing is. */
static bool add_fault(const struct record *record, struct text *error)
{
    const char *name = record_type_name(record->type);

    if (is_known(record) || (record->flags & RECORD_MUST_UNDERSTAND) == 0)
        return false;
    if (name == NULL)
        text_add(error,
                 "it needs a newer minivmm: it has a record of type 0x%x, which must be "
                 "understood and is not known here",
                 record->type);
    else
        text_add(error,
                 "it needs another minivmm: its record \"%s\" has version %u, known here is "
                 "1 to %u",
                 name, record->version, row_of(record->type)->version);
    return true;
}

bool record_stream_validate(const void *bytes, size_t size_bytes, struct text *error)
{
    struct note_reader reader;
    struct record record;
    struct note note;
    unsigned count = 0;

    note_reader_init(&reader, bytes, size_bytes);
    while (note_next(&reader, &note)) {
        if (++count > RECORDS_MAX) {
            text_add(error, "damaged: it has more than %u notes", RECORDS_MAX);
            return false;
        }
        if (!note_has_name(&note, RECORD_NOTE_NAME))
            continue;
        if (!record_of(&note, &record)) {
            text_add(error, "damaged: note %u has %u bytes, less than a record's head", count,
                     note.size_bytes);
            return false;
        }
        if (add_fault(&record, error))
            return false;
    }
    if (note_reader_is_at_end(&reader))
        return true;
    text_add(error, "damaged: note %u does not end where the notes do", count + 1);
    return false;
}

static bool is_record(const struct note *note, struct record *record)
{
    return note_has_name(note, RECORD_NOTE_NAME) && record_of(note, record) && is_known(record);
}

bool record_next(struct note_reader *reader, struct record *record)
{
    struct note note;

    while (note_next(reader, &note))
        if (is_record(&note, record))
            return true;
    return false;
}

bool record_find(const void *bytes, size_t size_bytes, enum record_type type, uint32_t instance,
                 struct record *record)
{
    struct note_reader reader;
    struct note note;

    note_reader_init(&reader, bytes, size_bytes);
    while (note_next(&reader, &note))
        if (note.type == type && is_record(&note, record) && record->instance == instance)
            return true;
    return false;
}

bool record_copy(const struct record *record, void *to, size_t size_bytes)
{
    if (record->size_bytes != size_bytes)
        return false;
    memcpy(to, record->bytes, size_bytes);
    return true;
}

bool record_take(const void *bytes, size_t size_bytes, enum record_type type, uint32_t instance,
                 void *to, size_t to_bytes)
{
    struct record record;

    return record_find(bytes, size_bytes, type, instance, &record) &&
           record_copy(&record, to, to_bytes);
}
