/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A record of a trace: one thing that happened to the guest's time, and when. docs/trace.md has the
 * same table for readers of the file.
 *
 * tsc is the host's TSC, g_ns is guest time G at that instant. vcpu is TRACE_NO_VCPU where the
 * thing is no vCPU's. Signed values are in two's complement.
 *
 *   kind          value                        where                  arg
 *   exit          ns in user space             port, address, MSR     KVM's reason
 *   clock_read    what the register showed     port, address, MSR     clock, size in bytes << 8
 *   clock_write   what was written             register               the same
 *   kvmclock      system_time of the page      its multiplier         shift, flags << 8
 *   wall          UTC ns at G = 0              -                      -
 *   vmclock       UTC ns that it says for tsc  disruption marker      status, leap indicator << 8
 *   irq           when it was due, in G        GSI                    bits of enum trace_irq
 *   eoi           how many since the last one  GSI                    -
 *   step          ns by which G went ahead     -                      enum trace_step
 *   timebase      -                            multiplier             shift
 *   host_clock    CLOCK_MONOTONIC_RAW at tsc   right to so many ns    -
 *   steering      ns that G is ahead           rate, right to ppt     -
 *   sample        what the guest read          ns that the read took  clock
 *   gap           records that are missing     -                      -
 *
 *   fault, console, message, clocksource, mark: arg bytes of text follow the record.
 *
 * exit        tsc and g_ns are those at which the exit came. It stands behind the clock_read and
 *             clock_write that it was for.
 * kvmclock    tsc is the host's at the page's tsc_timestamp: so an error is value - g_ns.
 * irq         g_ns is when the line rose: less than a pulse's due time never, and later by what the
 *             host was late. For an edge that no timer made, value is g_ns.
 * step        G at tsc is g_ns, and value of it was not there before: a jump; or, if it is
 *             negative, time that was left out by a pause.
 * timebase    from here on G = g_ns + ((cycles since tsc) << shift) * multiplier / 2^32.
 * steering    how far G is from the clock that it follows, as far as that is certain.
 * sample      tsc is before the read, g_ns is G in the middle of the read.
 * fault       where is 1 if its `for=` is over, and it is undone.
 * gap         so many records of that thread are missing here. tsc and g_ns are those of the first
 *             one that found no room in its ring. For one that found no room in the file they are
 *             those of the thread's last record before; if there is none, the block's tsc, and 0.
 */
#ifndef TIMELAB_TRACE_RECORD_H
#define TIMELAB_TRACE_RECORD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_RECORD_BYTES 32
#define TRACE_NO_VCPU      UINT8_MAX
/* Of the text behind a record, without a NUL; and how many records' space it takes. */
#define TRACE_TEXT_MAX_BYTES 480
#define TRACE_TEXT_MAX_SLOTS (TRACE_TEXT_MAX_BYTES / TRACE_RECORD_BYTES)

/* In the file: a number is never used twice. Those from TRACE_FIRST_TEXT on have a text. */
enum trace_kind {
    TRACE_EXIT = 1,
    TRACE_CLOCK_READ = 2,
    TRACE_CLOCK_WRITE = 3,
    TRACE_KVMCLOCK = 4,
    TRACE_WALL = 5,
    TRACE_VMCLOCK = 6,
    TRACE_IRQ = 7,
    TRACE_EOI = 8,
    TRACE_STEP = 9,
    TRACE_TIMEBASE = 10,
    TRACE_HOST_CLOCK = 11,
    TRACE_STEERING = 12,
    TRACE_SAMPLE = 13,
    TRACE_GAP = 14,
    TRACE_FIRST_TEXT = 128,
    /* The words of timelab/fault.h. */
    TRACE_FAULT = 128,
    /* A line of the guest's console. */
    TRACE_CONSOLE = 129,
    /* A line of the guest's kernel log, by the probe: "SECONDS.MICROSECONDS TEXT". */
    TRACE_MESSAGE = 130,
    /* The guest's current clocksource, by the probe. */
    TRACE_CLOCKSOURCE = 131,
    /* What the user wants to find again. */
    TRACE_MARK = 132,
};

/* In the file. */
enum trace_clock {
    TRACE_CLOCK_NONE = 0,
    TRACE_CLOCK_PIT = 1,
    TRACE_CLOCK_RTC = 2,
    TRACE_CLOCK_HPET = 3,
    TRACE_CLOCK_PM = 4,
    TRACE_CLOCK_TSC = 5,
    TRACE_CLOCK_KVMCLOCK = 6,
    TRACE_CLOCK_STEAL = 7,
    TRACE_CLOCK_VMCLOCK = 8,
    TRACE_CLOCK_PTP = 10,
    /* Of the guest's kernel, by the probe: ns. */
    TRACE_CLOCK_REALTIME = 11,
    TRACE_CLOCK_MONOTONIC = 12,
    TRACE_CLOCK_BOOTTIME = 13,
    TRACE_CLOCK_MONOTONIC_RAW = 14,
    TRACE_CLOCKS,
};

/* Bits. A message (MSI) has its vector in the low byte of `where`. */
enum trace_irq {
    TRACE_IRQ_MERGED = 1,
    TRACE_IRQ_MASKED = 2,
    /* A timer of the chip made it, so there is a time at which it was due. */
    TRACE_IRQ_HAS_DUE = 4,
    TRACE_IRQ_MESSAGE = 8,
};

enum trace_step {
    /* A fault, a pause, a restore, or a host whose TSC fell back: what else is said at that time
       tells. */
    TRACE_STEP_ANY = 0,
    TRACE_STEP_SKIP_IDLE = 1,
};

struct trace_record {
    uint64_t tsc;
    uint64_t g_ns;
    uint64_t value;
    uint32_t where;
    uint8_t kind;
    uint8_t vcpu;
    uint16_t arg;
};
static_assert(sizeof(struct trace_record) == TRACE_RECORD_BYTES, "the record is in the file");

/* A record as a reader gets it. */
struct trace_event {
    struct trace_record record;
    /* The thread that wrote it: an index into "threads" of the file's head. */
    unsigned thread;
    /* Empty for a kind without text. It has no control characters. */
    char text[TRACE_TEXT_MAX_BYTES + 1];
};

/* The word of a kind or a clock; NULL: there is none of that number. */
const char *trace_kind_name(unsigned kind);
const char *trace_clock_name(unsigned clock);

/* Of a KVM_EXIT_ number that this program handles: "io", "mmio", ...; NULL: another one. */
const char *trace_exit_name(unsigned reason);

/* The clock of a clock_read, clock_write or sample, and the size of the access of the first two. */
static inline unsigned trace_record_clock(const struct trace_record *record)
{
    return record->arg & 0xff;
}

static inline unsigned trace_record_size_bytes(const struct trace_record *record)
{
    return record->arg >> 8;
}

/* Whether a boot begins with it: a guest that asks for its wall clock makes a record `wall`, too.
 */
static inline bool trace_record_is_boot(const struct trace_record *record)
{
    return record->kind == TRACE_WALL && record->vcpu == TRACE_NO_VCPU;
}

/* How many records' space the text of a record takes. */
static inline unsigned trace_record_text_slots(const struct trace_record *record)
{
    return record->kind < TRACE_FIRST_TEXT
               ? 0
               : ((unsigned)record->arg + TRACE_RECORD_BYTES - 1) / TRACE_RECORD_BYTES;
}

/*
 * Puts a record of a kind with text into slots, and the text behind it, cut off where it is too
 * long. Returns how many of the 1 + TRACE_TEXT_MAX_SLOTS slots are used.
 */
unsigned trace_record_put_text(const struct trace_record *record, const char *text,
                               struct trace_record *slots);

#endif
