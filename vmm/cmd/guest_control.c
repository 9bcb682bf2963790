/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_control.h. */
#include "vmm/cmd/guest_control.h"

#include "vmm/cmd/control_fault.h"
#include "vmm/cmd/control_migrate.h"
#include "vmm/cmd/version.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/rtc_offset.h"

/* By enum machine_end_cause: QEMU's ShutdownCause. */
static const char *const causes[] = {
    [MACHINE_ENDED_BY_HOST_ERROR] = "host-error",
    [MACHINE_ENDED_BY_HOST_SIGNAL] = "host-signal",
    [MACHINE_ENDED_BY_HOST_UI] = "host-ui",
    [MACHINE_ENDED_BY_QUIT] = "host-qmp-quit",
    [MACHINE_ENDED_BY_SYSTEM_RESET] = "host-qmp-system-reset",
    [MACHINE_ENDED_BY_GUEST_SHUTDOWN] = "guest-shutdown",
    [MACHINE_ENDED_BY_GUEST_RESET] = "guest-reset",
    [MACHINE_ENDED_BY_GUEST_PANIC] = "guest-panic",
};

static json_t *ending_data(bool by_guest, enum machine_end_cause cause)
{
    return json_pack("{s:b,s:s}", "guest", by_guest, "reason", causes[cause]);
}

/* QEMU's offset is in seconds. */
static json_t *rtc_data(int64_t offset_ns)
{
    return json_pack("{s:I,s:s}", "offset", (json_int_t)rtc_offset_round_sec(offset_ns), "qom-path",
                     "/machine/rtc");
}

static json_t *event_of(const struct machine_event_record *record)
{
    uint64_t at_ns = record->realtime_ns;

    switch (record->event) {
    case MACHINE_STOPPED:
        return qmp_event("STOP", NULL, at_ns);
    case MACHINE_RESUMED:
        return qmp_event("RESUME", NULL, at_ns);
    case MACHINE_SLEEPS:
        return qmp_event("SUSPEND", NULL, at_ns);
    case MACHINE_WAKES:
        return qmp_event("WAKEUP", NULL, at_ns);
    case MACHINE_POWER_BUTTON:
        return qmp_event("POWERDOWN", NULL, at_ns);
    case MACHINE_RESET:
        return qmp_event(
            "RESET", ending_data(record->by_guest, (enum machine_end_cause)record->value), at_ns);
    case MACHINE_RTC_CHANGED:
        return qmp_event("RTC_CHANGE", rtc_data(record->value), at_ns);
    case MACHINE_GUEST_PANICKED:
        return qmp_event(record->value == GUEST_CRASH_LOADED ? "GUEST_CRASHLOADED"
                                                             : "GUEST_PANICKED",
                         json_pack("{s:s}", "action", "run"), at_ns);
    case MACHINE_MIGRATION:
        return qmp_event("MIGRATION",
                         json_pack("{s:s}", "status", control_migration_status(record->value)),
                         at_ns);
    case MACHINE_FAULT:
        return qmp_event("FAULT", control_fault_data(&record->fault, (uint64_t)record->value),
                         at_ns);
    }
    return NULL;
}

static bool take(struct guest_control *self, struct machine_event_record *record)
{
    bool taken;

    machine_lock(self->machine);
    taken = machine_event_take(&self->events, record);
    machine_unlock(self->machine);
    return taken;
}

static void send_events(void *ctx)
{
    struct guest_control *self = ctx;
    struct machine_event_record record;

    while (take(self, &record))
        control_send_event(&self->socket, event_of(&record));
}

static void on_events(void *ctx, short revents)
{
    (void)revents;
    send_events(ctx);
}

int guest_control_open(struct guest_control *self, struct machine *machine, struct run_control *run)
{
    const char *path = machine->host->control_path;
    int result;

    *self = (struct guest_control){.is_off = path == NULL, .machine = machine};
    if (self->is_off)
        return 0;
    self->target = (struct control_target){machine, run};
    self->server = control_commands_server(&self->target, minivmm_version);
    result = machine_events_open(&self->events);
    if (result == 0) {
        result = control_open(&self->socket, path, &self->server, send_events, self);
        if (result < 0)
            machine_events_close(&self->events);
    }
    self->is_off = result < 0;
    machine->events = self->is_off ? NULL : &self->events;
    return result;
}

int guest_control_attach(struct guest_control *self, struct event_loop *loop)
{
    int result;

    if (self->is_off)
        return 0;
    result = event_source_add(loop, &self->events_source, self->events.fd, POLLIN, on_events, self);
    return result == 0 ? control_attach(&self->socket, loop) : result;
}

void guest_control_tell_end(struct guest_control *self)
{
    enum machine_end_cause cause = self->machine->end_cause;
    bool by_guest = cause >= MACHINE_ENDED_BY_GUEST_SHUTDOWN;
    struct host_instant host;

    if (self->is_off)
        return;
    send_events(self);
    host_clock_sample(&host);
    control_send_event(&self->socket,
                       qmp_event("SHUTDOWN", ending_data(by_guest, cause), host.realtime_ns));
}

void guest_control_close(struct guest_control *self)
{
    if (self->is_off)
        return;
    if (self->events.dropped > 0)
        log_note("control: %llu events came too fast and were not sent",
                 (unsigned long long)self->events.dropped);
    self->machine->events = NULL;
    event_source_remove(&self->events_source);
    control_close(&self->socket);
    machine_events_close(&self->events);
}
