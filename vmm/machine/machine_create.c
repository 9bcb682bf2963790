/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_create.h. */
#include "vmm/machine/machine_create.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/host_identity.h"
#include "vmm/host/log.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/machine_acpi.h"
#include "vmm/machine/machine_boot.h"
#include "vmm/machine/machine_delivery.h"
#include "vmm/machine/machine_disk.h"
#include "vmm/machine/machine_drift.h"
#include "vmm/machine/machine_fault_doers.h"
#include "vmm/machine/machine_fault_jitter.h"
#include "vmm/machine/machine_hooks.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_share.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_vm.h"
#include "vmm/machine/machine_vmclock.h"
#include "vmm/machine/quiesce.h"
#include "vmm/machine/skip_idle.h"
#include "vmm/machine/timer_thread.h"
#include "vmm/machine/vcpu_thread.h"

#define CONSOLE_NAME "console"
#define REPORT_NAME  "report"
#define SERIAL2_NAME "serial2"

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
    struct host_instant host;
    uint64_t realtime_zero_ns;
    int result = machine_time_start(machine);

    if (result < 0)
        return result;
    host_clock_sample(&host);
    realtime_zero_ns = host.realtime_ns - timebase_ns(&machine->timebase, host.tsc);
    machine->timer_rest.wake_ns = TIME_NEVER_NS;
    machine->rtc_zero_ns = machine_rtc_start_ns(machine, realtime_zero_ns);
    machine->wall_zero_ns = realtime_zero_ns;
    machine_time_set_date(machine, realtime_zero_ns);
    if (machine->config->rtc_base == RTC_BASE_FIXED)
        machine->wall_zero_ns += (uint64_t)machine->rtc.base_offset_ns;
    say_wall_range(machine);
    return 0;
}

void machine_create_board(struct machine *machine)
{
    struct board_config config = machine_board_config(machine);
    const struct board_hooks hooks = machine_hooks(machine);

    config.tsc_stable = machine_time_trusts_tsc(machine) && machine_tsc_is_one(machine);
    machine_vmclock_configure(machine, &config);
    machine_disk_configure(machine, &config);
    board_init(&machine->board, &config, &hooks, 0);
    machine_rtc_attach(machine);
    machine_delivery_attach(machine);
    machine_drift_attach(machine);
    machine_fault_jitter_attach(machine);
    machine_fault_dates_attach(machine);
    machine_share_attach(machine);
}

static int machine_init_host(struct machine *machine)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&machine->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&machine->timer_changed, &attributes);
    pthread_condattr_destroy(&attributes);
    quiesce_init(machine);
    machine->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (machine->end_fd < 0) {
        log_error("eventfd: %s", strerror(errno));
        return -errno;
    }
    return 0;
}

/* COM2. */
static int open_report(struct machine *machine)
{
    const struct host_options *host = machine->host;

    if (host->link != NULL)
        return console_open_socket(&machine->report, REPORT_NAME, host->link->stream_fd);
    if (host->serial2_path != NULL)
        return console_open(&machine->report, SERIAL2_NAME, CONSOLE_CLIENT, host->serial2_path);
    return console_open(&machine->report, REPORT_NAME,
                        host->report_path != NULL ? CONSOLE_FILE : CONSOLE_NONE, host->report_path);
}

static int machine_open_consoles(struct machine *machine)
{
    const struct host_options *host = machine->host;
    int result = open_report(machine);

    if (result < 0)
        return result;
    result = console_open(&machine->console, CONSOLE_NAME, host->console, host->console_path);
    if (result < 0) {
        console_close(&machine->report);
        return result;
    }
    console_collect_output(&machine->report);
    console_collect_output(&machine->console);
    console_limit_output(&machine->report, host->output_limit_bytes);
    console_limit_output(&machine->console, host->output_limit_bytes);
    return 0;
}

int machine_create_files(struct machine *machine)
{
    int result = machine_sleep_open(machine);

    if (result < 0)
        return result;
    result = eoi_open(machine);
    if (result < 0) {
        machine_sleep_close(machine);
        return result;
    }
    result = machine_rtc_open_timer(machine);
    if (result == 0) {
        result = machine_open_consoles(machine);
        if (result == 0)
            return 0;
        machine_rtc_close_timer(machine);
    }
    eoi_close(&machine->eoi);
    machine_sleep_close(machine);
    return result;
}

int machine_create_begin(struct machine *machine, const struct machine_config *config,
                         const struct host_options *host, const struct clock_bracket *start)
{
    int result;

    *machine = (struct machine){
        .config = config,
        .host = host,
        .kvm = {.dev_fd = -1, .vm_fd = -1},
        .memory_file.fd = -1,
        .rtc.lock.fd = -1,
        .sleep.fd = -1,
        .skip.visited_fd = -1,
    };
    host_new_generation_id(machine->generation_id);
    machine_time_prepare(machine, start);
    result = machine_init_host(machine);
    if (result == 0)
        result = machine_vmclock_prepare(machine);
    if (result == 0)
        result = machine_disk_open(machine);
    return result < 0 ? result : machine_rtc_load(machine);
}

void machine_create_undo(struct machine *machine)
{
    machine_vm_release(machine);
    machine_rtc_release(machine);
    machine_disk_close(machine);
    if (machine->end_fd >= 0)
        close(machine->end_fd);
}

int machine_create_boot(struct machine *machine, const struct boot_files *files)
{
    int result = machine_boot_prepare(machine, files);

    if (result == 0)
        result = machine_tsc_prepare(machine);
    if (result == 0)
        result = machine_init_time(machine);
    if (result < 0)
        return result;
    machine_create_board(machine);
    machine_acpi_fill_vmgenid(machine);
    machine_vmclock_start(machine);
    return 0;
}

int machine_create(struct machine *machine, const struct machine_config *config,
                   const struct host_options *host, const struct boot_files *files,
                   const struct clock_bracket *start)
{
    int result = machine_create_begin(machine, config, host, start);

    if (result == 0)
        result = machine_create_boot(machine, files);
    if (result == 0)
        result = machine_create_files(machine);
    if (result < 0)
        machine_create_undo(machine);
    return result;
}

int machine_start(struct machine *machine)
{
    int result = machine_disk_start(machine);

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

/* What has never run here may still run elsewhere: what the RTC keeps is that guest's. */
void machine_stop(struct machine *machine)
{
    bool has_run = machine->vcpus[0].thread_started;

    machine_end(machine, EXIT_STATUS_HOST_ERROR, "%s", "");
    wake_timer_thread(machine);
    timer_thread_join(machine);
    quiesce_release(machine);
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        vcpu_kick(&machine->vcpus[i]);
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        vcpu_join(&machine->vcpus[i]);
    pthread_mutex_lock(&machine->lock);
    machine_disk_drain(machine);
    pthread_mutex_unlock(&machine->lock);
    machine_time_report(machine);
    skip_idle_report(machine);
    machine_disk_report(machine);
    log_all_lost_ticks(&machine->board);
    log_unclaimed(&machine->board.buses[ACCESS_PORT], "ports");
    log_unclaimed(&machine->board.buses[ACCESS_MEMORY], "addresses");
    log_guest_counts();
    if (has_run && machine_rtc_keep(machine) < 0)
        machine->output_lost = true;
    machine->stopped = true;
}

void machine_destroy(struct machine *machine)
{
    if (!machine->stopped)
        machine_stop(machine);
    machine_rtc_release(machine);
    machine_disk_close(machine);
    if (!console_close(&machine->console))
        machine->output_lost = true;
    if (!console_close(&machine->report))
        machine->output_lost = true;
    machine_rtc_close_timer(machine);
    eoi_close(&machine->eoi);
    machine_sleep_close(machine);
    skip_idle_release(machine);
    machine_vm_release(machine);
    close(machine->end_fd);
}
