/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's trace (--trace): where the records of timelab/trace_record.h come from. Without it
 * machine->trace is NULL, and each hook below stands behind one look at that.
 *
 * There is one ring for each vCPU, whose own thread puts its exits and its accesses to clocks
 * there, with or without the lock; and one for what happens under the lock, whoever holds it. So
 * each ring has one producer.
 *
 * A record needs guest time of a host TSC, and an exit has no lock. So the timebase has a copy
 * here, behind a sequence number as in live_clock.h; a vCPU's thread looks at the number, and
 * copies only what has changed.
 *
 * What changes under the lock is found when the lock is released (machine_trace_follow): another
 * timebase, pages of kvm-clock, vmclock. No place that changes them has to know of the trace. That
 * guest time went ahead, or was left out, shows as the new timebase's time less the old one's.
 */
#ifndef VMM_MACHINE_MACHINE_TRACE_H
#define VMM_MACHINE_MACHINE_TRACE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/sample_stream.h"
#include "devices/access.h"
#include "devices/irq_line.h"
#include "kvmclock/calibration.h"
#include "kvmclock/guest_tsc.h"
#include "kvmclock/timebase.h"
#include "timelab/fault.h"
#include "timelab/trace_record.h"
#include "vmm/host/trace_writer.h"

struct machine;
struct vcpu;

/* So many timebases back a sample may have been taken. */
#define TRACE_PAST_TIMEBASES 16
#define TRACE_TIMEBASE_WORDS ((sizeof(struct timebase) + 7) / 8)

/* Of a vCPU's own thread: the timebase as it was at that sequence number. */
struct trace_lane {
    struct trace_ring *ring;
    uint64_t sequence;
    struct timebase timebase;
};

/* Of a vCPU, under the lock: its TSC, since when, and what it was before. */
struct trace_tsc {
    struct guest_tsc now;
    struct guest_tsc before;
    uint64_t since_host_tsc;
};

struct machine_trace {
    struct trace_writer writer;
    struct trace_lane *lanes;
    /* For anybody: odd while the copy changes. */
    _Atomic uint64_t sequence;
    _Atomic uint64_t words[TRACE_TIMEBASE_WORDS];

    /* Under the lock. */
    struct trace_ring *ring;
    struct timebase timebase;
    struct timebase past[TRACE_PAST_TIMEBASES];
    unsigned past_count;
    uint64_t kvmclock_publications;
    uint32_t vmclock_sequence;
    enum trace_step step;
    struct trace_tsc *tscs;
    struct sample_stream samples;
    char console[TRACE_TEXT_MAX_BYTES + 1];
    unsigned console_length;
};

/*
 * Before the machine starts: makes the file, with what holds at the start, and attaches the trace
 * to the machine. 0, or -errno after an error line.
 */
int machine_trace_open(struct machine *machine, struct machine_trace *trace, const char *path);

/*
 * Once the machine has stopped; the trace is detached. Records that are missing count as lost
 * output. Nothing if there is no trace.
 */
void machine_trace_close(struct machine *machine);

/* A vCPU's thread: an exit that came at host_tsc and has been answered. */
void machine_trace_exit(struct vcpu *vcpu, uint64_t host_tsc, uint32_t reason, uint64_t where);

/* The vCPU's thread: an access at now_ns, which is a record if it is one of a clock. */
void machine_trace_access(struct machine *machine, uint64_t now_ns, const struct access *access);

/*
 * The rest is under the lock, or while no thread runs.
 */

/* The machine has booted again: guest time begins anew. A mark "boot N" says so. */
void machine_trace_boot(struct machine *machine);

/* Before the lock is released. */
void machine_trace_follow(struct machine *machine);

/* A line rose, or a message was sent. */
void machine_trace_irq(struct machine *machine, unsigned gsi, enum irq_arrival arrival);
void machine_trace_message(struct machine *machine, uint32_t data);

void machine_trace_eoi(struct machine *machine, unsigned gsi, uint64_t count);

/* One that was applied at now_ns. */
void machine_trace_fault(struct machine *machine, uint64_t now_ns, const struct fault *fault);

/* Guest time is measured against the host's clocks; date is as in steering_update. */
void machine_trace_steering(struct machine *machine, const struct clock_bracket *date);

/* Why guest time will have gone ahead when the lock is released. Nothing if there is no trace. */
void machine_trace_why(struct machine *machine, enum trace_step why);

/* The guest has another TSC: looked at before a sample of it is taken for the time. */
void machine_trace_tscs(struct machine *machine);

/* A text, now: of the kinds console, message, clocksource or mark. */
void machine_trace_text(struct machine *machine, enum trace_kind kind, const char *text);

/* A byte of COM1. */
void machine_trace_console_byte(struct machine *machine, uint8_t byte);

/* A byte of COM2. True: it belongs to a sample, and is no output of the guest's. */
bool machine_trace_report_byte(struct machine *machine, uint8_t byte);

#endif
