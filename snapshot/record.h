/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records: what a snapshot says of a machine, beside the contents of its memory. A stream of them
 * is the same in a file and in a migration: ELF notes (note.h) whose name is "minivmm", whose type
 * is enum record_type, and whose contents are
 *
 *   offset  size
 *        0     2  version: of the layout of this type of record
 *        2     2  flags
 *        4     4  instance: number of the vCPU, chip, device or console; 0 where there is one only
 *        8        the record itself
 *
 * Notes of other names may stand between them and are no records.
 *
 * A record holds integers of fixed width, little endian, and no pointers. KVM's structs are in it
 * byte for byte: they are part of the kernel's ABI, and the size of a record says which edition.
 *
 * Versions. A type that a reader does not know, or a version above the one that it knows, is
 * skipped, unless RECORD_MUST_UNDERSTAND is set: then the reader refuses the whole. So a later
 * minivmm adds records without a new format, and says itself which of them an older one may ignore.
 * A reader knows all earlier versions of a type. Numbers are never used again for something else.
 *
 * A stream may come from a stranger. Reading it never goes outside of its bytes, and takes time in
 * proportion to them: there are at most RECORDS_MAX notes. Where a type has the same instance
 * twice, the first one counts.
 *
 * Pure; each struct is for one thread.
 */
#ifndef SNAPSHOT_RECORD_H
#define SNAPSHOT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "snapshot/note.h"

#define RECORD_NOTE_NAME  "minivmm"
#define RECORD_HEAD_BYTES 8
#define RECORDS_MAX       16384
/* More than 255 vCPUs with the largest state need. A buffer of it that is never touched is free. */
#define RECORD_STREAM_MAX_BYTES (UINT64_C(64) << 20)

/* Of struct record's flags. */
#define RECORD_MUST_UNDERSTAND 1u

/*
 * The numbers are those in files. Their upper half, "MV", is there for tools that look at the type
 * of a note and not at its name: to crash and gdb any note of type 1 is NT_PRSTATUS. "n" is the
 * instance. record.c has a name for each.
 */
enum record_type {
    /* The stream itself. */
    RECORD_PRODUCER = 0x4d560001, /* text without NUL: the minivmm that wrote it, and its version */
    RECORD_FORMAT = 0x4d560002,   /* struct record_format; the first record of all */
    RECORD_CONFIG = 0x4d560003,   /* struct machine_config */

    /* Where and when: host_record.h. */
    RECORD_HOST = 0x4d560010,
    RECORD_TIME = 0x4d560011,
    RECORD_TIMEBASE = 0x4d560012,
    RECORD_VCPU_TIME = 0x4d560013, /* n: vCPU */

    /* KVM's, n: vCPU. */
    RECORD_VCPU_MP_STATE = 0x4d560020,  /* struct kvm_mp_state */
    RECORD_VCPU_REGS = 0x4d560021,      /* struct kvm_regs */
    RECORD_VCPU_SREGS2 = 0x4d560022,    /* struct kvm_sregs2 */
    RECORD_VCPU_XSAVE = 0x4d560023,     /* of KVM_GET_XSAVE2 */
    RECORD_VCPU_XCRS = 0x4d560024,      /* struct kvm_xcrs */
    RECORD_VCPU_DEBUGREGS = 0x4d560025, /* struct kvm_debugregs */
    RECORD_VCPU_MSRS = 0x4d560026,      /* struct kvm_msr_entry, any number */
    RECORD_VCPU_LAPIC = 0x4d560027,     /* struct kvm_lapic_state */
    RECORD_VCPU_EVENTS = 0x4d560028,    /* struct kvm_vcpu_events */
    RECORD_VCPU_CPUID = 0x4d560029,     /* struct kvm_cpuid_entry2, any number */

    /* KVM's, of the VM. */
    RECORD_IRQCHIP = 0x4d560040, /* struct kvm_irqchip, n: chip_id */

    /* Ours. */
    RECORD_DEVICE = 0x4d560060,        /* n: place in the board's list of devices; its state */
    RECORD_MACHINE = 0x4d560062,       /* what the machine has beside its board */
    RECORD_CONSOLE_INPUT = 0x4d560063, /* n: console; bytes that the guest has not taken yet */
    RECORD_PANIC_WATCH = 0x4d560065,
    RECORD_RTC_BASE = 0x4d560066,      /* int64_t, since format 1.1; 0 without it */
    RECORD_GENERATION_ID = 0x4d560067, /* 16 bytes, since format 1.1: a migration keeps them */
    RECORD_LENS = 0x4d560068,          /* n: as of a device; without it the clock is right */
    RECORD_PAGE_FAULT = 0x4d560069,    /* n: vCPU; without it its kvm-clock page is right */
    RECORD_JITTER = 0x4d56006a,        /* n: as of a lens; without it the clock has none */
    RECORD_PAGE_JITTER = 0x4d56006b,   /* n: vCPU */
    RECORD_FAULT_END = 0x4d56006c,     /* n: from 0 on; of a fault that is over by itself */

    /* Of the file, by elf_core.h. */
    RECORD_CHECKSUM_TABLE = 0x4d560081, /* uint64_t XXH3-64 of each 2 MiB of memory, by the map */
    RECORD_HEAD_CHECKSUM =
        0x4d560082, /* uint64_t XXH3-64 of all before it in the file; the last note */
};

struct record {
    uint32_t type;
    uint16_t version;
    uint16_t flags;
    uint32_t instance;
    /* Of what is behind the 8 bytes of the record's head. */
    uint32_t size_bytes;
    /* Not aligned: to be read by memcpy, or record_copy. */
    const uint8_t *bytes;
};

/*
 * Of the whole. A minor version adds records; a major version is for what an older minivmm cannot
 * read at all.
 */
struct record_format {
    uint16_t major;
    uint16_t minor;
    /* Of the memory that one checksum of the table is for. */
    uint32_t chunk_bytes;
};

/* "vCPU registers"; NULL if the type is not known. */
const char *record_type_name(uint32_t type);

/*
 * Appends a record of the version that record.c has for its type, which must be understood.
 * note_writer_is_full says at the end whether all fitted.
 */
void record_add(struct note_writer *writer, enum record_type type, uint32_t instance,
                const void *bytes, size_t size_bytes);

/*
 * The same without contents: returns where the caller puts them, 4-byte aligned if the buffer is;
 * NULL if they do not fit. flags are 0 for what an older reader may skip.
 */
uint8_t *record_add_empty(struct note_writer *writer, enum record_type type, uint16_t flags,
                          uint32_t instance, uint32_t size_bytes);

/*
 * Whether this minivmm can read the stream: whole notes, no more than RECORDS_MAX, and no record
 * that is not known and must be understood. False: error has one line without a newline that says
 * what is wrong and where, for a line that begins with the name of the file.
 */
bool record_stream_validate(const void *bytes, size_t size_bytes, struct text *error);

/*
 * The next record that is known, of any stream, validated or not; false at the end. Begin with
 * note_reader_init.
 */
bool record_next(struct note_reader *reader, struct record *record);

/* The first one of that type and instance; false if there is none. */
bool record_find(const void *bytes, size_t size_bytes, enum record_type type, uint32_t instance,
                 struct record *record);

/*
 * Copies a record that has exactly size_bytes; false if it has not, and `to` is as it was.
 */
bool record_copy(const struct record *record, void *to, size_t size_bytes);

/* record_find and record_copy: false if there is none of that size. */
bool record_take(const void *bytes, size_t size_bytes, enum record_type type, uint32_t instance,
                 void *to, size_t to_bytes);

#endif
