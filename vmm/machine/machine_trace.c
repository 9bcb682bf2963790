/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_trace.h: the file, and the hooks that are called one by one. */
#include "vmm/machine/machine_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/acpi_map.h"
#include "kvmclock/steal_time.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_trace_head.h"
#include "vmm/machine/vcpu.h"

/* FEExxxxxh is where; of the data the low byte is the vector. */
#define MESSAGE_VECTOR 0xff

/* What is being changed just now stays as it was, until the next exit: nobody waits here. */
static void renew(const struct machine_trace *trace, struct trace_lane *lane)
{
    uint64_t sequence = atomic_load(&trace->sequence);
    uint64_t words[TRACE_TIMEBASE_WORDS];

    for (unsigned i = 0; i < TRACE_TIMEBASE_WORDS; i++)
        words[i] = atomic_load_explicit(&trace->words[i], memory_order_acquire);
    if (sequence % 2 != 0 || atomic_load(&trace->sequence) != sequence)
        return;
    memcpy(&lane->timebase, words, sizeof lane->timebase);
    lane->sequence = sequence;
}

void machine_trace_exit(struct vcpu *vcpu, uint64_t host_tsc_before, uint32_t reason,
                        uint64_t where)
{
    const struct machine_trace *trace = vcpu->machine->trace;
    struct trace_lane *lane = &trace->lanes[vcpu->index];
    struct trace_record record = {
        .tsc = host_tsc_before,
        .where = (uint32_t)where,
        .kind = TRACE_EXIT,
        .vcpu = (uint8_t)vcpu->index,
        .arg = (uint16_t)reason,
    };

    if (atomic_load(&trace->sequence) != lane->sequence)
        renew(trace, lane);
    record.g_ns = timebase_ns(&lane->timebase, host_tsc_before);
    record.value = pvclock_scale_ns(lane->timebase.scale, host_tsc() - host_tsc_before);
    trace_ring_put(lane->ring, &record);
}

static bool is_in(uint64_t addr, uint64_t base, uint64_t length)
{
    return addr - base < length;
}

static enum trace_clock clock_of_port(uint64_t port)
{
    if (is_in(port, 0x40, 4) || port == 0x61)
        return TRACE_CLOCK_PIT;
    if (is_in(port, 0x70, 2))
        return TRACE_CLOCK_RTC;
    if (is_in(port, ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR, ACPI_PM_LENGTH_BYTES - ACPI_PM_REG_TMR))
        return TRACE_CLOCK_PM;
    return TRACE_CLOCK_NONE;
}

static enum trace_clock clock_of_msr(uint64_t msr)
{
    switch (msr) {
    case MSR_TSC:
    case MSR_TSC_ADJUST:
        return TRACE_CLOCK_TSC;
    case MSR_SYSTEM_TIME:
    case MSR_SYSTEM_TIME_OLD:
    case MSR_WALL_CLOCK:
    case MSR_WALL_CLOCK_OLD:
        return TRACE_CLOCK_KVMCLOCK;
    case MSR_STEAL_TIME:
        return TRACE_CLOCK_STEAL;
    default:
        return TRACE_CLOCK_NONE;
    }
}

static enum trace_clock clock_of(const struct access *access)
{
    switch (access->space) {
    case ACCESS_PORT:
        return clock_of_port(access->addr);
    case ACCESS_MEMORY:
        return is_in(access->addr, ACPI_MAP_HPET_GPA, HPET_LENGTH_BYTES) ? TRACE_CLOCK_HPET
                                                                         : TRACE_CLOCK_NONE;
    default:
        return clock_of_msr(access->addr);
    }
}

static uint64_t value_of(const struct access *access)
{
    return access->size_bytes < 8 ? access->value & ((UINT64_C(1) << access->size_bytes * 8) - 1)
                                  : access->value;
}

/* What the guest's page of wall time says from then on. */
static void note_wall_page(struct machine *machine, uint64_t now_ns, const struct access *access)
{
    const struct trace_record record = {
        .tsc = host_tsc(),
        .g_ns = now_ns,
        .value = machine->board.kvmclock.clock.wiring.wall_zero_ns,
        .kind = TRACE_WALL,
        .vcpu = (uint8_t)access->vcpu,
    };

    if (access->is_write && (access->addr == MSR_WALL_CLOCK || access->addr == MSR_WALL_CLOCK_OLD))
        trace_ring_put(machine->trace->lanes[access->vcpu].ring, &record);
}

void machine_trace_access(struct machine *machine, uint64_t now_ns, const struct access *access)
{
    enum trace_clock clock = clock_of(access);
    struct trace_record record = {
        .g_ns = now_ns,
        .value = value_of(access),
        .where = (uint32_t)access->addr,
        .kind = access->is_write ? TRACE_CLOCK_WRITE : TRACE_CLOCK_READ,
        .vcpu = (uint8_t)access->vcpu,
        .arg = (uint16_t)((unsigned)clock | access->size_bytes << 8),
    };

    if (clock == TRACE_CLOCK_NONE || access->vcpu >= machine->config->cpu_count)
        return;
    record.tsc = host_tsc();
    trace_ring_put(machine->trace->lanes[access->vcpu].ring, &record);
    if (clock == TRACE_CLOCK_KVMCLOCK)
        note_wall_page(machine, now_ns, access);
    if (clock == TRACE_CLOCK_TSC && access->is_write)
        machine_trace_tscs(machine);
}

/* Of what happens now. */
static struct trace_record record_now(const struct machine *machine, enum trace_kind kind)
{
    return (struct trace_record){.tsc = host_tsc(),
                                 .g_ns = atomic_load(&machine->live.now_ns),
                                 .kind = (uint8_t)kind,
                                 .vcpu = TRACE_NO_VCPU};
}

static void put_irq(struct machine *machine, uint32_t where, unsigned bits)
{
    uint64_t due_ns = machine->board.timers.firing_ns;
    struct trace_record record = record_now(machine, TRACE_IRQ);

    record.where = where;
    record.arg = (uint16_t)(bits | (due_ns != 0 ? TRACE_IRQ_HAS_DUE : 0));
    record.value = due_ns != 0 ? due_ns : record.g_ns;
    trace_ring_put(machine->trace->ring, &record);
}

void machine_trace_irq(struct machine *machine, unsigned gsi, enum irq_arrival arrival)
{
    put_irq(machine, gsi,
            (arrival == IRQ_MERGED ? TRACE_IRQ_MERGED : 0) |
                (arrival == IRQ_MASKED ? TRACE_IRQ_MASKED : 0));
}

void machine_trace_message(struct machine *machine, uint32_t data)
{
    put_irq(machine, data & MESSAGE_VECTOR, TRACE_IRQ_MESSAGE);
}

void machine_trace_eoi(struct machine *machine, unsigned gsi, uint64_t count)
{
    struct trace_record record = record_now(machine, TRACE_EOI);

    record.where = gsi;
    record.value = count;
    trace_ring_put(machine->trace->ring, &record);
}

void machine_trace_fault(struct machine *machine, uint64_t now_ns, const struct fault *fault)
{
    struct trace_record record = record_now(machine, TRACE_FAULT);
    char bytes[FAULT_TEXT_BYTES];
    struct text words;

    text_init(&words, bytes, sizeof bytes);
    fault_add_words(fault, &words);
    record.where = fault->is_end;
    record.g_ns = now_ns;
    trace_ring_put_text(machine->trace->ring, &record, bytes);
    machine_trace_tscs(machine);
}

void machine_trace_text(struct machine *machine, enum trace_kind kind, const char *text)
{
    struct trace_record record = record_now(machine, kind);

    trace_ring_put_text(machine->trace->ring, &record, text);
}

void machine_trace_console_byte(struct machine *machine, uint8_t byte)
{
    struct machine_trace *trace = machine->trace;

    if (byte != '\n' && byte != '\r' && trace->console_length < TRACE_TEXT_MAX_BYTES)
        trace->console[trace->console_length++] = byte != '\0' ? (char)byte : '?';
    if (byte != '\n')
        return;
    trace->console[trace->console_length] = '\0';
    trace->console_length = 0;
    machine_trace_text(machine, TRACE_CONSOLE, trace->console);
}

void machine_trace_why(struct machine *machine, enum trace_step why)
{
    if (machine->trace != NULL)
        machine->trace->step = why;
}

/* What does not change by itself, and the timebase. */
static void put_start(struct machine *machine)
{
    struct trace_record record = record_now(machine, TRACE_WALL);

    record.value = machine->wall_zero_ns;
    trace_ring_put(machine->trace->ring, &record);
    machine_trace_tscs(machine);
    machine_trace_follow(machine);
}

void machine_trace_boot(struct machine *machine)
{
    char bytes[32];
    struct text text;

    machine->trace->past_count = 0;
    put_start(machine);
    text_init(&text, bytes, sizeof bytes);
    text_add(&text, "boot %u", machine->reboots + 1);
    machine_trace_text(machine, TRACE_MARK, bytes);
}

static int make_lanes(struct machine_trace *trace, unsigned count)
{
    trace->lanes = calloc(count, sizeof *trace->lanes);
    trace->tscs = calloc(count, sizeof *trace->tscs);
    return trace->lanes != NULL && trace->tscs != NULL ? 0 : -ENOMEM;
}

static void release(struct machine_trace *trace)
{
    free(trace->lanes);
    free(trace->tscs);
}

int machine_trace_open(struct machine *machine, struct machine_trace *trace, const char *path)
{
    unsigned count = machine->config->cpu_count;
    char *json = machine_trace_head(machine);
    int result;

    *trace = (struct machine_trace){.step = TRACE_STEP_ANY};
    result = json != NULL ? make_lanes(trace, count) : -ENOMEM;
    if (result == 0)
        result = trace_writer_open(&trace->writer, path, machine->host->output_limit_bytes, json,
                                   count + 1);
    else
        log_error("--trace: out of memory");
    free(json);
    if (result < 0) {
        release(trace);
        return result;
    }
    trace->ring = &trace->writer.rings[count];
    machine->trace = trace;
    machine->before_unlock = machine_trace_follow;
    put_start(machine);
    for (unsigned i = 0; i < count; i++) {
        trace->lanes[i].ring = &trace->writer.rings[i];
        renew(trace, &trace->lanes[i]);
    }
    return 0;
}

void machine_trace_close(struct machine *machine)
{
    struct machine_trace *trace = machine->trace;

    if (trace == NULL)
        return;
    machine->trace = NULL;
    machine->before_unlock = NULL;
    if (!trace_writer_close(&trace->writer))
        machine->output_lost = true;
    release(trace);
}
