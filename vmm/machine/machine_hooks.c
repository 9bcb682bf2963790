/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_hooks.h. */
#include "vmm/machine/machine_hooks.h"

#include "check/watch.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/eoi.h"
#include "vmm/machine/guest_end.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_msr.h"
#include "vmm/machine/machine_rtc.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/machine_virtio.h"

static enum irq_arrival on_drive_irq(void *ctx, unsigned gsi, bool level)
{
    struct machine *machine = ctx;
    enum irq_arrival arrival;

    eoi_line_driven(&machine->eoi, gsi);
    arrival = machine->irqchip.ops->set_line(machine->irqchip.ctx, gsi, level);
    if (level && machine->trace != NULL)
        machine_trace_irq(machine, gsi, arrival);
    return arrival;
}

static void on_send_message(void *ctx, uint32_t address, uint32_t data)
{
    struct machine *machine = ctx;

    machine->irqchip.ops->send_message(machine->irqchip.ctx, address, data);
    if (machine->trace != NULL)
        machine_trace_message(machine, data);
}

static void on_request(void *ctx, enum guest_request request, uint32_t value)
{
    struct machine *machine = ctx;

    switch (request) {
    case GUEST_POWER_OFF:
        guest_end_power_off(machine);
        break;
    case GUEST_SUSPEND:
        machine_sleep_ask(machine);
        break;
    case GUEST_WAKE:
        machine_sleep_notify(machine);
        break;
    case GUEST_RESET:
        guest_end_reset(machine);
        break;
    case GUEST_DEBUG_EXIT:
        machine->ended_by_port |= !machine_is_ending(machine);
        machine_end_because(
            machine, MACHINE_ENDED_BY_GUEST_SHUTDOWN,
            exit_status_of_debug_exit((uint8_t)value, machine->host->exit_port_plain), "%s", "");
        break;
    case GUEST_PANICKED:
    case GUEST_CRASH_LOADED:
        machine_event_post(machine, MACHINE_GUEST_PANICKED, true, request);
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
    machine->com1_used = true;
    if (machine->trace != NULL)
        machine_trace_console_byte(machine, byte);
    if (panic_watch_byte(&machine->panic, byte) && !pvpanic_has_driver(&machine->board.pvpanic))
        machine_event_post(machine, MACHINE_GUEST_PANICKED, true, GUEST_PANICKED);
    if (machine->watch != NULL)
        watch_console_byte(machine->watch, byte);
    if (machine->console_tap.byte != NULL)
        machine->console_tap.byte(machine->console_tap.ctx, byte);
    return true;
}

static void give_input(struct console *console, struct serial *serial, uint64_t now_ns)
{
    uint8_t byte;

    while (serial_can_receive(serial) > 0) {
        if (console_get_break(console))
            serial_receive_break(serial, now_ns);
        else if (console_get(console, &byte))
            serial_receive(serial, now_ns, &byte, 1);
        else
            break;
    }
}

static void on_console_rx_room(void *ctx, uint64_t now_ns)
{
    struct machine *machine = ctx;

    give_input(&machine->console, &machine->board.com1, now_ns);
}

static void on_report_rx_room(void *ctx, uint64_t now_ns)
{
    struct machine *machine = ctx;

    give_input(&machine->report, &machine->board.com2, now_ns);
}

/* Of a COM2 that is a channel of its own nothing is taken away. */
static bool is_sample(struct machine *machine, uint8_t byte)
{
    return machine->trace != NULL && machine->host->link == NULL &&
           machine->host->serial2_path == NULL && machine_trace_report_byte(machine, byte);
}

static bool on_report_tx(void *ctx, uint8_t byte)
{
    struct machine *machine = ctx;

    if (is_sample(machine, byte))
        return true;
    if (!console_put(&machine->report, byte))
        return false;
    if (machine->watch != NULL)
        watch_report_byte(machine->watch, machine_now(machine), byte);
    if (machine->report_tap.byte != NULL)
        machine->report_tap.byte(machine->report_tap.ctx, byte);
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
    on_report_rx_room(machine, now_ns);
}

struct board_config machine_board_config(const struct machine *machine)
{
    const struct machine_config *config = machine->config;

    return (struct board_config){
        .hpet_timers = config->hpet_timers,
        .pmtimer_bits = config->pmtimer_bits,
        .has_s3 = config->s3 != S3_OFF,
        .pit_lost_ticks = config->pit_lost_ticks,
        .rtc_lost_ticks = config->rtc_lost_ticks,
        .hpet_lost_ticks = config->hpet_lost_ticks,
        .rtc_zero_ns = machine->rtc_zero_ns,
        .cpu_count = config->cpu_count,
        .kvmclock = config->kvmclock,
        .wall_zero_ns = machine->wall_zero_ns,
        .reference = config->reference,
        .steal = config->steal == STEAL_PERCENT,
        .steal_percent = config->steal_percent,
        .steal_idle = config->steal_idle,
        .virtio_rng = config->virtio_rng,
    };
}

struct board_hooks machine_hooks(struct machine *machine)
{
    struct board_hooks hooks = {
        .drive_irq = on_drive_irq,
        .send_message = on_send_message,
        .request = on_request,
        .sample_host = on_sample_host,
        .console_tx = on_console_tx,
        .console_rx_room = on_console_rx_room,
        .report_tx = on_report_tx,
        .report_rx_room = on_report_rx_room,
        .rtc_date_set = on_rtc_date_set,
        .ctx = machine,
    };

    machine_msr_add_hooks(machine, &hooks);
    machine_virtio_add_hooks(&hooks);
    return hooks;
}
