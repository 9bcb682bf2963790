/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_restore.h. */
#include "vmm/machine/machine_restore.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "vmm/host/console_state.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/host_identity.h"
#include "vmm/host/log.h"
#include "vmm/machine/board_state.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/fault_end_records.h"
#include "vmm/machine/machine_acpi.h"
#include "vmm/machine/machine_cpuid.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault_jitter.h"
#include "vmm/machine/machine_hooks.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/machine_vm.h"
#include "vmm/machine/machine_vmclock.h"
#include "vmm/machine/restore_time.h"
#include "vmm/machine/restore_vcpus.h"

#define TEXT_BYTES 200

/* What the guest has seen of this KVM is there, or the options that hide it are the reason. */
static int check_kvm(const struct machine *machine, const struct machine_image *image,
                     const struct restore_request *request)
{
    const struct machine_record *saved = &image->machine;
    const char *lacks = NULL;

    if (saved->tsc_deadline && !machine->kvm.tsc_deadline)
        lacks = "a TSC-deadline timer";
    else if (saved->hypercalls_exit && !machine->kvm.hypercalls_exit)
        lacks = "hypercalls that user space answers (KVM_CAP_XEN_HVM)";
    if (lacks == NULL)
        return 0;
    log_error("%s: this KVM lacks %s, which the guest has", request->name, lacks);
    return -ENOTSUP;
}

/* Without a file the memory is zeros, for the caller to fill. */
static int make_vm(struct machine *machine, const struct guest_mem_file *memory)
{
    int result = machine_vm_map_memory(machine, memory->fd >= 0 ? memory : NULL);

    if (result == 0)
        result = kvm_open(&machine->kvm);
    if (result == 0)
        result = machine_vm_create(machine);
    return result == 0 ? restore_create_vcpus(machine) : result;
}

/* While the devices are loaded their lines go nowhere: what they have raised is in the records. */
static enum irq_arrival drop_line(void *ctx, unsigned gsi, bool level)
{
    (void)ctx;
    (void)gsi;
    (void)level;
    return IRQ_ARRIVED;
}

static void drop_message(void *ctx, uint32_t address, uint32_t data)
{
    (void)ctx;
    (void)address;
    (void)data;
}

static const struct irqchip_ops no_irqchip = {
    .set_line = drop_line,
    .send_message = drop_message,
};

static int load_board(struct machine *machine, const struct machine_image *image,
                      const struct restore_request *request)
{
    struct irqchip irqchip = machine->irqchip;
    char bytes[TEXT_BYTES];
    struct text error;
    int result;

    text_init(&error, bytes, sizeof bytes);
    machine->irqchip = (struct irqchip){.ops = &no_irqchip};
    result = board_load(&machine->board, image->time.guest_ns, image->records, image->size_bytes,
                        &error);
    machine->irqchip = irqchip;
    if (result < 0)
        log_error("%s: %s", request->name, bytes);
    else
        machine_fault_jitter_follow(machine);
    return result;
}

static bool is_level(const void *ctx, unsigned gsi)
{
    return irqchip_state_is_level(ctx, gsi);
}

/*
 * The order:
 *   The TSCs before the devices, whose kvm-clock pages are written for them.
 *   The local APICs before the I/O APIC, which passes on to them what is pending.
 *   Lines that are high last, and only those that the guest has set up as level-triggered.
 */
static int load_hardware(struct machine *machine, const struct machine_image *image,
                         const struct restore_request *request)
{
    int result = restore_set_vcpus(machine, image, request);

    if (result == 0)
        result = load_board(machine, image, request);
    if (result == 0)
        result = machine->irqchip.ops->load(machine->irqchip.ctx, &image->irqchip);
    if (result == 0)
        board_drive_levels(&machine->board, is_level, &image->irqchip);
    return result;
}

static void load_panic_watch(struct machine *machine, const struct panic_watch_record *record)
{
    struct panic_watch *watch = &machine->panic;

    memcpy(watch->line, record->line, sizeof watch->line);
    memcpy(watch->reason, record->reason, sizeof watch->reason);
    watch->line_length = record->line_length;
    watch->end = record->end;
    watch->has_reason = record->has_reason != 0;
    watch->reason_is_kernels = record->reason_is_kernels != 0;
}

/* As far from the date as it was; at the date where that would be no date of an RTC. */
static void date_rtc(struct machine *machine, const struct machine_image *image,
                     const struct restore_request *request)
{
    int64_t moved_ns = (int64_t)(machine->wall_zero_ns - image->time.wall_zero_ns);
    uint64_t now_ns = image->time.guest_ns;
    int64_t wall_ns;

    if (!rtc_wall_ns(&machine->board.rtc, board_clock_ns(&machine->board, BOARD_RTC, now_ns),
                     &wall_ns))
        return;
    if (__builtin_add_overflow(wall_ns, moved_ns, &wall_ns) || wall_ns < 0 ||
        wall_ns / (int64_t)NS_PER_SEC > (int64_t)RESTORE_AT_MAX_SEC)
        wall_ns = (int64_t)(request->at_sec * NS_PER_SEC);
    machine_rtc_set_date(machine, now_ns, wall_ns);
}

static void load_rtc(struct machine *machine, const struct machine_image *image,
                     const struct restore_request *request)
{
    const struct machine_record *record = &image->machine;
    struct machine_rtc *rtc = &machine->rtc;

    rtc->offset_ns = record->rtc_offset_ns;
    record_take(image->records, image->size_bytes, RECORD_RTC_BASE, 0, &rtc->base_offset_ns,
                sizeof rtc->base_offset_ns);
    rtc->reported = record->rtc_reported != 0;
    rtc->reported_wall_ns = record->rtc_reported_wall_ns;
    if (record->rtc_report_is_armed)
        timerq_arm(&machine->board.timers, &rtc->report_timer, record->rtc_report_deadline_ns);
    if (request->time != RESTORE_AT)
        return;
    date_rtc(machine, image, request);
    machine_vmclock_take_guest_date(machine);
}

static void load_console(struct console *console, unsigned number,
                         const struct machine_image *image)
{
    struct console_input_record head;
    struct record record;
    uint32_t count;

    if (!record_find(image->records, image->size_bytes, RECORD_CONSOLE_INPUT, number, &record) ||
        record.size_bytes < sizeof head)
        return;
    memcpy(&head, record.bytes, sizeof head);
    count = record.size_bytes - (uint32_t)sizeof head;
    console_input_restore(console, record.bytes + sizeof head, count, head.break_after_bytes);
}

/* A source that sends none leaves the new one. */
static void take_generation_id(struct machine *machine, const struct machine_image *image)
{
    struct record record;

    if (record_find(image->records, image->size_bytes, RECORD_GENERATION_ID, 0, &record) &&
        record.size_bytes == GENERATION_ID_BYTES)
        memcpy(machine->generation_id, record.bytes, GENERATION_ID_BYTES);
}

/* A guest that is the same one, and not another of the snapshot's, is told nothing. */
static void load_generation_id(struct machine *machine, const struct machine_image *image,
                               const struct restore_request *request)
{
    if (request->is_the_same)
        take_generation_id(machine, image);
    machine_acpi_fill_vmgenid(machine);
    if (request->is_the_same)
        return;
    machine_acpi_notify(machine);
    machine_vmclock_begin_generation(machine);
}

static int load_fault_ends(struct machine *machine, const struct machine_image *image,
                           const struct restore_request *request)
{
    char bytes[FAULT_ERROR_BYTES + TEXT_BYTES];
    struct text error;
    int result;

    text_init(&error, bytes, sizeof bytes);
    result = fault_end_records_load(machine, image->time.guest_ns, image->records,
                                    image->size_bytes, &error);
    if (result < 0)
        log_error("%s: %s", request->name, bytes);
    return result;
}

/* What the machine has beside KVM and board. */
static int load_rest(struct machine *machine, const struct machine_image *image,
                     const struct restore_request *request)
{
    int result;

    load_rtc(machine, image, request);
    load_panic_watch(machine, &image->panic);
    load_generation_id(machine, image, request);
    machine->com1_used = image->machine.com1_used != 0;
    result = load_fault_ends(machine, image, request);
    if (result == 0)
        result = machine_create_files(machine);
    if (result < 0)
        return result;
    machine_sleep_restore(machine, image->machine.wake_is_asked != 0);
    load_console(&machine->console, CONSOLE_INPUT_COM1, image);
    load_console(&machine->report, CONSOLE_INPUT_COM2, image);
    eoi_restore(machine, image->machine.eoi_gsis);
    /* The new consoles have room for what the UARTs hold back, and nobody else says so. */
    machine_console_ready(machine, image->time.guest_ns);
    machine_report_ready(machine, image->time.guest_ns);
    return 0;
}

static int load(struct machine *machine, const struct machine_image *image,
                const struct restore_request *request, const struct restore_gap *gap)
{
    int result = check_kvm(machine, image, request);

    machine->kvm_hidden = image->machine.kvm_hidden != 0;
    if (result == 0)
        result = restore_prepare_vcpus(machine, image, request, gap->same_boot);
    if (result == 0 && !gap->same_boot)
        result = machine_cpuid_check(machine, image, request);
    if (result == 0)
        result = restore_time_check(machine, image, request, gap);
    if (result == 0)
        result = restore_time_begin(machine, image, request, gap);
    if (result == 0) {
        machine_create_board(machine);
        result = load_hardware(machine, image, request);
    }
    return result == 0 ? load_rest(machine, image, request) : result;
}

int machine_restore_begin(struct machine *machine, const struct machine_config *config,
                          const struct host_options *host, const struct restore_request *request,
                          const struct clock_bracket *start)
{
    int result = machine_create_begin(machine, config, host, start);

    host_facts_read(&machine->time.facts);
    if (result == 0)
        result = make_vm(machine, &request->memory);
    if (result < 0)
        machine_create_undo(machine);
    return result;
}

int machine_restore_load(struct machine *machine, const struct machine_image *image,
                         const struct restore_request *request, struct restore_gap *gap)
{
    const struct pvclock_scale scale = {image->timebase.scale_mul,
                                        (int8_t)image->timebase.scale_shift};
    struct host_record now = {0};
    int result;

    host_identity_read(&now);
    host_clock_record(&now);
    *gap = restore_gap_between(&image->host, &now, scale, image->config.time_rate);
    result = load(machine, image, request, gap);
    if (result < 0)
        machine_create_undo(machine);
    return result;
}

int machine_restore(struct machine *machine, const struct machine_image *image,
                    const struct host_options *host, const struct restore_request *request,
                    const struct clock_bracket *start)
{
    struct restore_gap gap;
    int result = machine_restore_begin(machine, &image->config, host, request, start);

    if (result == 0)
        result = machine_restore_load(machine, image, request, &gap);
    if (result < 0)
        return result;
    result = restore_time_go_on(machine, request, &gap);
    if (result < 0)
        machine_destroy(machine);
    return result;
}
