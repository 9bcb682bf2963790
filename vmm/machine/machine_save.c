/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_save.h. */
#include "vmm/machine/machine_save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/host_record.h"
#include "vmm/host/console_state.h"
#include "vmm/host/host_identity.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/board_state.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/fault_end_records.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_dilation.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_record.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/vcpu_records.h"

/*
 * The clocks were read just after the cut, and are taken back to it. Later is too late: a host that
 * sleeps in the pause, or whose clock is set, would leave no trace of it.
 */
static void add_host(const struct machine *machine, struct note_writer *writer)
{
    uint64_t cut_tsc = machine->cut.taken.host_tsc;
    struct host_record host = machine->cut.clocks;
    uint64_t ns;
    int khz;

    host_identity_read(&host);
    khz = kvm_vcpu_get_tsc_khz(machine->vcpus[0].fd);
    host.tsc_khz = khz > 0 ? tsc_ratio_host_khz(machine->vcpus[0].tsc.ratio, (uint32_t)khz) : 0;
    ns = dilation_host_ns(machine->config->time_rate,
                          pvclock_scale_ns(machine->timebase.scale, host.tsc - cut_tsc));
    host.tsc = cut_tsc;
    host.realtime_ns -= (int64_t)ns;
    host.tai_ns -= (int64_t)ns;
    host.monotonic_ns -= ns;
    host.monotonic_raw_ns -= ns;
    host.boottime_ns -= ns;
    record_add(writer, RECORD_HOST, 0, &host, sizeof host);
}

static void add_time(const struct machine *machine, struct note_writer *writer)
{
    const struct time_cut *cut = &machine->cut.guest;
    const struct time_record time = {
        .guest_ns = cut->guest_ns,
        .wall_zero_ns = cut->wall_zero_ns,
        .host_tsc = machine->cut.taken.host_tsc,
        .host_tsc_millihz = calibration_tsc_millihz(&machine->time.raw),
        .bound_ppt = calibration_bound_ppt(&machine->time.raw),
        .vcpu_count = cut->vcpu_count,
    };

    record_add(writer, RECORD_TIME, 0, &time, sizeof time);
}

static void add_timebase(const struct machine *machine, struct note_writer *writer)
{
    const struct timebase *timebase = &machine->timebase;
    const struct machine_time *time = &machine->time;
    const struct machine_instant *taken = &machine->cut.taken;
    const struct timebase_record record = {
        .host_tsc = timebase->host_tsc,
        .guest_ns = timebase->guest_ns,
        .ratio_mul = timebase->ratio.mul,
        .ratio_frac_bits = timebase->ratio.frac_bits,
        .scale_mul = timebase->scale.mul,
        .scale_shift = timebase->scale.shift,
        .is_constant = time->is_constant,
        .is_aligned = time->steering.aligned,
        .offsets_measured = machine->tsc.offsets_measured,
        .offsets_work = machine->tsc.offsets_work,
        .raw = time->raw,
        .followed = time->steering.calibration,
        .clock_zero_ns = time->steering.clock_zero_ns,
        .behind_ns = pvclock_scale_ns(timebase->scale, machine->pause.behind_cycles),
        .run_left_ns = machine->pause.run_left_ns,
        .kvm_clock_ns = taken->kvm_clock_ns,
        .has_kvm_clock = taken->has_kvm_clock,
    };

    record_add(writer, RECORD_TIMEBASE, 0, &record, sizeof record);
}

static void add_machine(const struct machine *machine, struct note_writer *writer)
{
    const struct machine_rtc *rtc = &machine->rtc;
    const struct machine_record record = {
        .kvm_hidden = machine->kvm_hidden,
        .hypercalls_exit = machine->kvm.hypercalls_exit,
        .tsc_deadline = machine->kvm.tsc_deadline,
        .com1_used = machine->com1_used,
        .rtc_reported = rtc->reported,
        .rtc_report_is_armed = rtc->report_timer.armed,
        .wake_is_asked = machine->sleep.wake_is_asked,
        .eoi_gsis = eoi_driven_gsis(machine),
        .rtc_offset_ns = rtc->offset_ns,
        .rtc_reported_wall_ns = rtc->reported_wall_ns,
        .rtc_report_deadline_ns = rtc->report_timer.armed ? rtc->report_timer.deadline_ns : 0,
    };

    record_add(writer, RECORD_MACHINE, 0, &record, sizeof record);
}

/* What an older minivmm may do without: it shows in an event alone. */
static void add_rtc_base(const struct machine *machine, struct note_writer *writer)
{
    int64_t base_ns = machine->rtc.base_offset_ns;
    uint8_t *at = record_add_empty(writer, RECORD_RTC_BASE, 0, 0, sizeof base_ns);

    if (at != NULL)
        memcpy(at, &base_ns, sizeof base_ns);
}

static void add_panic_watch(const struct machine *machine, struct note_writer *writer)
{
    const struct panic_watch *watch = &machine->panic;
    struct panic_watch_record record = {
        .line_length = watch->line_length,
        .end = (uint8_t)watch->end,
        .has_reason = watch->has_reason,
        .reason_is_kernels = watch->reason_is_kernels,
    };

    memcpy(record.line, watch->line, watch->line_length);
    memcpy(record.reason, watch->reason, sizeof record.reason);
    record_add(writer, RECORD_PANIC_WATCH, 0, &record, sizeof record);
}

static void add_console_input(const struct console *console, unsigned number,
                              struct note_writer *writer)
{
    uint32_t count = console_input_count(console);
    struct console_input_record head = {
        .break_after_bytes = console_input_break(console),
    };
    uint8_t *at = record_add_empty(writer, RECORD_CONSOLE_INPUT, RECORD_MUST_UNDERSTAND, number,
                                   (uint32_t)sizeof head + count);

    if (at == NULL)
        return;
    memcpy(at, &head, sizeof head);
    console_input_copy(console, at + sizeof head, count);
}

/* A reader may skip it: of a snapshot, each restore has an identity of its own. */
static void add_generation_id(const struct machine *machine, struct note_writer *writer)
{
    uint8_t *at = record_add_empty(writer, RECORD_GENERATION_ID, 0, 0, GENERATION_ID_BYTES);

    if (at != NULL)
        memcpy(at, machine->generation_id, GENERATION_ID_BYTES);
}

/* A CPU that waits for its start has no timer: an INIT that KVM has just taken has ended it. */
static void forget_timer_of_parked(struct time_cut_vcpu *kept, const struct kvm_mp_state *mp_state)
{
    if (mp_state->mp_state != KVM_MP_STATE_UNINITIALIZED &&
        mp_state->mp_state != KVM_MP_STATE_INIT_RECEIVED)
        return;
    kept->tsc_deadline = 0;
    kept->count = (struct time_cut_count){0};
}

static void add_vcpu_time(const struct vcpu *vcpu, const struct time_cut_vcpu *kept,
                          struct note_writer *writer)
{
    struct vcpu_time_record record = {
        .tsc = kept->tsc,
        .tsc_adjust = kept->tsc_adjust,
        .tsc_deadline = kept->tsc_deadline,
        .ratio_mul = kept->ratio.mul,
        .ratio_frac_bits = kept->ratio.frac_bits,
        .scale_mul = kept->scale.mul,
        .scale_shift = kept->scale.shift,
        .count_left = kept->count.left,
        .count_period = kept->count.period,
        .count_unit_shift = kept->count.unit_shift,
    };

    record.tsc_offset = kept->tsc - tsc_ratio_apply(kept->ratio, vcpu->machine->cut.taken.host_tsc);
    record_add(writer, RECORD_VCPU_TIME, vcpu->index, &record, sizeof record);
}

/* What RSM goes back to is in memory that is none of the guest's RAM, and in no record. */
static int check_saved(unsigned vcpu, const struct vcpu_state *state)
{
    if (!state->events.smi.smm)
        return 0;
    log_error("vCPU %u is in system management mode, whose memory is not saved: save again", vcpu);
    return -EBUSY;
}

static int add_vcpus(struct machine *machine, struct note_writer *writer)
{
    struct vcpu_state *state = calloc(1, sizeof *state);
    struct vcpu_state_kind kind;
    int result = state == NULL ? -ENOMEM : 0;

    if (result < 0)
        log_error("out of memory");
    else
        result = vcpu_state_ask(&machine->kvm, machine->config->kvmclock == KVMCLOCK_KERNEL, &kind);
    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++) {
        struct time_cut_vcpu *kept = &machine->cut.guest.vcpus[i];

        result = vcpu_state_get(machine->vcpus[i].fd, &kind, state);
        if (result == 0)
            result = check_saved(machine->vcpus[i].index, state);
        if (result < 0)
            break;
        forget_timer_of_parked(kept, &state->mp_state);
        add_vcpu_time(&machine->vcpus[i], kept, writer);
        vcpu_records_add(writer, i, state);
    }
    free(state);
    return result;
}

static int add_irqchip(const struct machine *machine, struct note_writer *writer)
{
    struct irqchip_state state;
    int result = machine->irqchip.ops->save(machine->irqchip.ctx, &state);

    for (uint32_t i = 0; result == 0 && i < KVM_NR_IRQCHIPS; i++)
        record_add(writer, RECORD_IRQCHIP, i, &state.chips[i], sizeof state.chips[i]);
    return result;
}

static void add_producer(const struct machine *machine, struct note_writer *writer)
{
    char producer[128];
    int length;

    if (machine->host->version == NULL)
        return;
    length = snprintf(producer, sizeof producer, "minivmm %s", machine->host->version);
    if (length > 0 && (size_t)length < sizeof producer)
        record_add(writer, RECORD_PRODUCER, 0, producer, (uint32_t)length);
}

void machine_save_config(const struct machine *machine, struct note_writer *writer)
{
    struct machine_config config = *machine->config;

    config.apic_bus_ns = machine_dilation_bus_to_keep(machine);
    add_producer(machine, writer);
    record_add(writer, RECORD_CONFIG, 0, &config, sizeof config);
}

/*
 * What can still raise an interrupt comes first: EOIs, then timers. Then the vCPUs with their local
 * APICs, and the I/O APIC after them: a pending edge is in the one or in the other.
 */
int machine_save(struct machine *machine, struct note_writer *writer)
{
    uint64_t now_ns = machine_now(machine);
    int result;

    eoi_take_all(&machine->eoi, now_ns);
    machine_run_timers(machine, now_ns);
    machine_save_config(machine, writer);
    add_host(machine, writer);
    add_time(machine, writer);
    add_timebase(machine, writer);
    add_machine(machine, writer);
    add_rtc_base(machine, writer);
    add_panic_watch(machine, writer);
    add_generation_id(machine, writer);
    add_console_input(&machine->console, CONSOLE_INPUT_COM1, writer);
    if (console_input_count(&machine->report) > 0)
        add_console_input(&machine->report, CONSOLE_INPUT_COM2, writer);
    board_save(&machine->board, writer);
    fault_end_records_add(machine, writer);
    result = add_vcpus(machine, writer);
    return result == 0 ? add_irqchip(machine, writer) : result;
}

const char *machine_save_obstacle(const struct machine *machine)
{
    const char *obstacle = machine_fault_world_obstacle(machine);

    if (obstacle == NULL)
        obstacle = machine_fault_dates_obstacle(machine);
    return obstacle != NULL ? obstacle : machine_fault_delivery_obstacle(machine);
}

int machine_save_records(struct machine *machine, struct note_writer *writer)
{
    const char *obstacle = machine_save_obstacle(machine);
    void *bytes;
    int result;

    *writer = (struct note_writer){0};
    if (obstacle != NULL) {
        log_error("%s", obstacle);
        return -EBUSY;
    }
    bytes = malloc(RECORD_STREAM_MAX_BYTES);
    if (bytes == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    note_writer_init(writer, bytes, RECORD_STREAM_MAX_BYTES);
    machine_lock(machine);
    result = machine_save(machine, writer);
    machine_unlock(machine);
    if (result == 0 && note_writer_is_full(writer)) {
        log_error("the state of the machine has more than %llu bytes",
                  (unsigned long long)RECORD_STREAM_MAX_BYTES);
        result = -E2BIG;
    }
    return result;
}
