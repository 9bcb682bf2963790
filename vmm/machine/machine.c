/* See machine.h. */
#include "vmm/machine/machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "boot/acpi_map.h"
#include "check/watch.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_irqchip.h"
#include "vmm/machine/machine_boot.h"
#include "vmm/machine/timer_thread.h"

#define CONSOLE_NAME "console"
#define REPORT_NAME  "report"

/* A TSC that is behind on another CPU must not take guest time back: it stands still instead. */
uint64_t machine_now(struct machine *machine)
{
    uint64_t tsc = machine->pause.frozen ? machine->pause.host_tsc : host_tsc();

    return live_clock_raise(&machine->live, timebase_ns(&machine->timebase, tsc));
}

uint64_t machine_lock(struct machine *machine)
{
    pthread_mutex_lock(&machine->lock);
    return machine_now(machine);
}

uint64_t machine_lock_to_change(struct machine *machine)
{
    pthread_mutex_lock(&machine->lock);
    live_clock_begin(&machine->live);
    return machine_now(machine);
}

void machine_publish(struct machine *machine)
{
    const struct live_inputs inputs = {machine->timebase, hpet_counter(&machine->board.hpet)};

    if (live_clock_is_changing(&machine->live))
        live_clock_end(&machine->live, &inputs);
}

void machine_unlock(struct machine *machine)
{
    machine_publish(machine);
    if (timerq_next_deadline_ns(&machine->board.timers) < machine->timer_deadline_ns)
        pthread_cond_signal(&machine->timer_changed);
    pthread_mutex_unlock(&machine->lock);
}

bool machine_read_without_lock(struct machine *machine, uint64_t gpa, unsigned size_bytes,
                               uint64_t *value)
{
    uint32_t reg = (uint32_t)(gpa - ACPI_MAP_HPET_GPA);

    if (machine->config->hpet_timers == 0 || gpa - ACPI_MAP_HPET_GPA >= HPET_LENGTH_BYTES ||
        !hpet_reads_counter(reg, size_bytes) ||
        !live_clock_read_counter(&machine->live, host_tsc, value))
        return false;
    *value >>= 8 * (reg & 7);
    return true;
}

bool machine_is_ending(const struct machine *machine)
{
    return (atomic_load(&machine->stop_reasons) & MACHINE_STOP_END) != 0;
}

void machine_end(struct machine *machine, int status, const char *format, ...)
{
    va_list arguments;

    if ((atomic_fetch_or(&machine->stop_reasons, MACHINE_STOP_END) & MACHINE_STOP_END) != 0)
        return;
    machine->end_status = status;
    va_start(arguments, format);
    vsnprintf(machine->end_text, sizeof machine->end_text, format, arguments);
    va_end(arguments);
    eventfd_write(machine->end_fd, 1);
}

/* The board's hooks. */

static enum irq_arrival on_drive_irq(void *ctx, unsigned gsi, bool level)
{
    struct machine *machine = ctx;

    eoi_line_driven(&machine->eoi, gsi);
    return kvm_set_irq_line(&machine->kvm, gsi, level);
}

static void on_send_message(void *ctx, uint32_t address, uint32_t data)
{
    struct machine *machine = ctx;

    kvm_signal_msi(&machine->kvm, address, data);
}

/* A kernel with panic=-1 resets at once: what it said before tells a panic from a reboot. */
static void end_by_reset(struct machine *machine)
{
    const char *reason = panic_watch_reason(&machine->panic);

    if (reason != NULL)
        machine_end(machine, EXIT_STATUS_GUEST_CRASH, "guest kernel panicked: %s", reason);
    else
        machine_end(machine, EXIT_STATUS_OK, "%s", "");
}

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct machine *machine = ctx;

    switch (request) {
    case GUEST_POWER_OFF:
        machine_end(machine, EXIT_STATUS_OK, "%s", "");
        break;
    case GUEST_RESET:
        end_by_reset(machine);
        break;
    case GUEST_DEBUG_EXIT:
        machine_end(machine, exit_status_of_debug_exit((uint8_t)value), "%s", "");
        break;
    }
}

static void on_sample_host(void *ctx, struct reference_sample *sample)
{
    struct host_instant instant;

    (void)ctx;
    host_clock_sample(&instant);
    *sample = (struct reference_sample){
        .host_tsc = instant.tsc,
        .host_tsc_width = instant.tsc_width,
        .host_monotonic_raw_ns = instant.monotonic_raw_ns,
        .host_monotonic_ns = instant.monotonic_ns,
        .host_realtime_ns = instant.realtime_ns,
    };
}

static bool on_console_tx(void *ctx, uint8_t byte)
{
    struct machine *machine = ctx;

    if (!console_put(&machine->console, byte))
        return false;
    panic_watch_byte(&machine->panic, byte);
    if (machine->watch != NULL)
        watch_console_byte(machine->watch, byte);
    return true;
}

static void on_console_rx_room(void *ctx, uint64_t now_ns)
{
    struct machine *machine = ctx;
    uint8_t byte;

    while (serial_can_receive(&machine->board.com1) > 0 && console_get(&machine->console, &byte))
        serial_receive(&machine->board.com1, now_ns, &byte, 1);
}

static bool on_report_tx(void *ctx, uint8_t byte)
{
    struct machine *machine = ctx;

    if (!console_put(&machine->report, byte))
        return false;
    if (machine->watch != NULL)
        watch_report_byte(machine->watch, machine_now(machine), byte);
    return true;
}

static void on_rtc_date_set(void *ctx, uint64_t now_ns)
{
    machine_rtc_date_set(ctx, now_ns);
}

void machine_console_ready(struct machine *machine, uint64_t now_ns)
{
    serial_tx_ready(&machine->board.com1, now_ns);
    on_console_rx_room(machine, now_ns);
}

void machine_report_ready(struct machine *machine, uint64_t now_ns)
{
    serial_tx_ready(&machine->board.com2, now_ns);
}

/* kvm-clock. */

bool machine_read_clock_msr(struct machine *machine, const struct vcpu *vcpu, uint32_t msr,
                            uint64_t *value)
{
    if (machine_steal_owns_msr(machine, msr)) {
        *value = machine->steal.pages.vcpus[vcpu->index].msr;
        return true;
    }
    if (machine->config->kvmclock != KVMCLOCK_USER || !kvmclock_owns_msr(msr))
        return false;
    *value = kvmclock_read_msr(&machine->clock, vcpu->index, msr);
    return true;
}

static bool write_kvmclock_msr(struct machine *machine, const struct vcpu *vcpu, uint32_t msr,
                               uint64_t value)
{
    static struct log_tally refused = {.what = "kvm-clock MSR write refused"};
    struct guest_tsc tsc;

    if (machine->config->kvmclock != KVMCLOCK_USER || !kvmclock_owns_msr(msr) ||
        machine_tsc_get(vcpu, &tsc) != 0)
        return false;
    if (kvmclock_write_msr(&machine->clock, vcpu->index, msr, value, &tsc))
        return true;
    log_guest(&refused, "MSR 0x%x on vCPU %u: 0x%llx is not 4-byte aligned RAM", msr, vcpu->index,
              (unsigned long long)value);
    return false;
}

bool machine_write_clock_msr(struct machine *machine, struct vcpu *vcpu, uint32_t msr,
                             uint64_t value)
{
    if (machine_steal_owns_msr(machine, msr))
        return machine_steal_write_msr(machine, vcpu, value, machine_now(machine));
    if (!machine_tsc_owns_msr(msr))
        return write_kvmclock_msr(machine, vcpu, msr, value);
    machine_tsc_write_msr(machine, vcpu, msr, value);
    return true;
}

static void *clock_memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    struct machine *machine = ctx;

    return guest_mem_at(&machine->memory, gpa, length_bytes);
}

/* It is asked for when the timebase is about to change. */
static uint64_t clock_host_tsc(void *ctx)
{
    struct machine *machine = ctx;

    live_clock_begin(&machine->live);
    return host_tsc();
}

/* The page of kvm-clock's own wall time has no room for dates of so late; the RTC has. */
static void say_wall_range(const struct machine *machine)
{
    if (machine->wall_zero_ns / NS_PER_SEC <= PVCLOCK_WALL_MAX_SEC ||
        machine->config->kvmclock != KVMCLOCK_USER || machine->kvm_hidden)
        return;
    log_note("kvm-clock counts the seconds of its wall time with 32 bits, to 2106-02-07T06:28:15: "
             "the guest reads it 2^32 s early; the RTC shows the date");
}

/* The wall clock is sampled just after guest time has begun, and taken back to there. */
static int machine_init_time(struct machine *machine)
{
    struct kvmclock_wiring wiring = {clock_memory_at, clock_host_tsc, machine, &machine->timebase,
                                     0};
    struct host_instant host;
    uint64_t realtime_zero_ns;
    int result = machine_time_start(machine);

    if (result < 0)
        return result;
    host_clock_sample(&host);
    realtime_zero_ns = host.realtime_ns - timebase_ns(&machine->timebase, host.tsc);
    machine->timer_deadline_ns = TIME_NEVER_NS;
    machine->wall_zero_ns = machine->config->rtc_base == RTC_BASE_FIXED
                                ? machine->config->rtc_start_sec * NS_PER_SEC
                                : realtime_zero_ns;
    say_wall_range(machine);
    machine->rtc_zero_ns = machine_rtc_start_ns(machine, realtime_zero_ns);
    wiring.wall_zero_ns = machine->wall_zero_ns;
    kvmclock_init(&machine->clock, &wiring, machine->config->cpu_count,
                  machine_time_trusts_tsc(machine) && machine_tsc_is_one(machine));
    return 0;
}

static void machine_init_board(struct machine *machine)
{
    const struct board_config config = {
        .hpet_timers = machine->config->hpet_timers,
        .pmtimer_bits = machine->config->pmtimer_bits,
        .pit_lost_ticks = machine->config->pit_lost_ticks,
        .rtc_lost_ticks = machine->config->rtc_lost_ticks,
        .hpet_lost_ticks = machine->config->hpet_lost_ticks,
        .rtc_zero_ns = machine->rtc_zero_ns,
    };
    const struct board_hooks hooks = {
        .drive_irq = on_drive_irq,
        .send_message = on_send_message,
        .request = on_request,
        .sample_host = on_sample_host,
        .console_tx = on_console_tx,
        .console_rx_room = on_console_rx_room,
        .report_tx = on_report_tx,
        .rtc_date_set = on_rtc_date_set,
        .ctx = machine,
    };

    board_init(&machine->board, &config, &hooks, 0);
    machine_rtc_attach(machine);
    machine_steal_init(machine);
}

static int machine_init_host(struct machine *machine)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&machine->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&machine->timer_changed, &attributes);
    pthread_condattr_destroy(&attributes);
    machine_pause_init(machine);
    machine->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (machine->end_fd < 0) {
        log_error("eventfd: %s", strerror(errno));
        return -errno;
    }
    return 0;
}

static int machine_open_consoles(struct machine *machine)
{
    const struct host_options *host = machine->host;
    enum console_kind report_kind = host->report_path != NULL ? CONSOLE_FILE : CONSOLE_NONE;
    int result = console_open(&machine->report, REPORT_NAME, report_kind, host->report_path);

    if (result < 0)
        return result;
    result = console_open(&machine->console, CONSOLE_NAME, host->console, host->console_path);
    if (result < 0)
        console_close(&machine->report);
    return result;
}

int machine_create(struct machine *machine, const struct machine_config *config,
                   const struct host_options *host, const struct clock_bracket *start)
{
    int result;

    *machine = (struct machine){.config = config, .host = host, .kvm = {.dev_fd = -1, .vm_fd = -1}};
    machine_time_prepare(machine, start);
    result = machine_init_host(machine);
    if (result < 0)
        return result;
    result = machine_rtc_load(machine);
    if (result == 0)
        result = machine_boot_prepare(machine);
    if (result == 0)
        result = machine_tsc_prepare(machine);
    if (result == 0)
        result = machine_init_time(machine);
    if (result == 0) {
        machine_init_board(machine);
        result = eoi_open(&machine->eoi, &machine->board);
    }
    if (result == 0) {
        result = machine_open_consoles(machine);
        if (result < 0)
            eoi_close(&machine->eoi);
    }
    if (result < 0) {
        machine_boot_release(machine);
        close(machine->end_fd);
    }
    return result;
}

int machine_start(struct machine *machine)
{
    int result = 0;

    vcpu_prepare_kick_signal();
    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++)
        result = vcpu_start(&machine->vcpus[i]);
    return result < 0 ? result : timer_thread_start(machine);
}

/* The timer thread looks at the end only when it wakes. */
static void wake_timer_thread(struct machine *machine)
{
    pthread_mutex_lock(&machine->lock);
    pthread_cond_signal(&machine->timer_changed);
    pthread_mutex_unlock(&machine->lock);
}

static void log_lost_ticks(const char *device, struct tick_counts counts)
{
    if (counts.dropped != 0 || counts.owed != 0)
        log_info("%s: %llu ticks dropped, %llu still owed", device,
                 (unsigned long long)counts.dropped, (unsigned long long)counts.owed);
}

static void log_all_lost_ticks(const struct board *board)
{
    struct tick_counts pit = {0}, rtc = {0};

    tick_policy_count(&board->pit.state.ticks, &pit);
    tick_policy_count(&board->rtc.state.ticks, &rtc);
    log_lost_ticks("pit", pit);
    log_lost_ticks("rtc", rtc);
    log_lost_ticks("hpet", hpet_lost_ticks(&board->hpet));
}

static void log_unclaimed(const struct bus *bus, const char *what)
{
    if (bus->unclaimed_count != 0)
        log_info("guest: %llu accesses to %s without a device, the last 0x%llx",
                 (unsigned long long)bus->unclaimed_count, what,
                 (unsigned long long)bus->unclaimed_last_addr);
}

void machine_destroy(struct machine *machine)
{
    machine_end(machine, EXIT_STATUS_HOST_ERROR, "%s", "");
    wake_timer_thread(machine);
    timer_thread_join(machine);
    machine_pause_release(machine);
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        vcpu_kick(&machine->vcpus[i]);
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        vcpu_join(&machine->vcpus[i]);
    machine_time_report(machine);
    log_all_lost_ticks(&machine->board);
    log_unclaimed(&machine->board.ports, "ports");
    log_unclaimed(&machine->board.memory, "addresses");
    log_guest_counts();
    if (machine_rtc_keep(machine) < 0)
        machine->end_status = EXIT_STATUS_HOST_ERROR;
    console_close(&machine->console);
    console_close(&machine->report);
    eoi_close(&machine->eoi);
    machine_boot_release(machine);
    close(machine->end_fd);
}
