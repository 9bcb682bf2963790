/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_delivery.h. */
#include "vmm/machine/machine_delivery.h"

#include "boot/acpi_map.h"
#include "devices/pc/hpet_irq.h"
#include "vmm/machine/machine.h"

#define GSI_PIT  0
#define GSI_COM2 3
#define GSI_COM1 4
#define GSI_RTC  8

/* Who drives the line: with legacy replacement the HPET has those of PIT and RTC. */
static enum delivery_device device_of(const struct machine *machine, unsigned gsi)
{
    bool is_legacy = hpet_legacy_active(&machine->board.hpet);

    switch (gsi) {
    case GSI_PIT:
        return is_legacy ? DELIVERY_HPET : DELIVERY_PIT;
    case GSI_RTC:
        return is_legacy ? DELIVERY_HPET : DELIVERY_RTC;
    case GSI_COM1:
        return DELIVERY_COM1;
    case GSI_COM2:
        return DELIVERY_COM2;
    case ACPI_MAP_SCI_GSI:
    case ACPI_MAP_GED_GSI:
        return DELIVERY_ACPI;
    default:
        return DELIVERY_HPET;
    }
}

static enum irq_arrival drive(struct machine *machine, unsigned gsi, bool level)
{
    return machine->board.hooks.drive_irq(machine, gsi, level);
}

static void pulse(struct machine *machine, unsigned gsi)
{
    bool is_high = (machine->delivery.levels & UINT32_C(1) << gsi) != 0;

    drive(machine, gsi, !is_high);
    drive(machine, gsi, is_high);
}

static void arm(struct machine *machine)
{
    timerq_arm(&machine->board.timers, &machine->delivery.timer,
               delivery_next_ns(&machine->delivery.rules));
}

/* It comes once, or twice, from then on. */
static void put(struct machine *machine, struct delivery_late late, uint64_t after_ns)
{
    late.due_ns = machine_now(machine) + after_ns;
    delivery_put_late(&machine->delivery.rules, &late);
    arm(machine);
}

/* Whether the interrupt comes now; what is to come later is put down. */
static bool passes(struct machine *machine, uint32_t targets, struct delivery_late late)
{
    struct delivery_verdict verdict = delivery_decide(&machine->delivery.rules, targets);

    if (verdict.is_lost)
        return false;
    if (verdict.late_ns != 0)
        put(machine, late, verdict.late_ns);
    if (verdict.again_ns != 0)
        put(machine, late, verdict.late_ns + verdict.again_ns);
    return verdict.late_ns == 0;
}

static enum irq_arrival on_drive(void *ctx, unsigned gsi, bool level)
{
    struct machine *machine = ctx;
    uint32_t bit = UINT32_C(1) << gsi;

    machine->delivery.levels = (machine->delivery.levels & ~bit) | (level ? bit : 0);
    if (level && !passes(machine, bit | DELIVERY_DEVICE_TARGET(device_of(machine, gsi)),
                         (struct delivery_late){.gsi = gsi}))
        return IRQ_MASKED;
    return drive(machine, gsi, level);
}

static void on_message(void *ctx, uint32_t address, uint32_t data)
{
    struct machine *machine = ctx;
    const struct delivery_late message = {.is_message = true, .address = address, .data = data};

    if (passes(machine, DELIVERY_DEVICE_TARGET(DELIVERY_HPET), message))
        machine->delivery.send_message(machine, address, data);
}

/* All that is due by now: of a storm's pulses that are due together there is one. */
static void on_time(void *ctx, uint64_t deadline_ns)
{
    struct machine *machine = ctx;
    struct delivery_late late;

    (void)deadline_ns;
    while (delivery_take(&machine->delivery.rules, machine->board.timers.run_now_ns, &late)) {
        if (late.is_message)
            machine->delivery.send_message(machine, late.address, late.data);
        else
            pulse(machine, late.gsi);
    }
    machine_delivery_follow(machine);
}

void machine_delivery_attach(struct machine *machine)
{
    machine->delivery =
        (struct machine_delivery){.send_message = machine->board.hooks.send_message};
    timer_init(&machine->delivery.timer, timer_rank(BOARD_RANK_FAULTS, 0), on_time, machine);
}

void machine_delivery_follow(struct machine *machine)
{
    struct machine_delivery *delivery = &machine->delivery;
    struct board *board = &machine->board;

    if (delivery_is_active(&delivery->rules)) {
        delivery->levels = board_redirect_lines(board, on_drive);
        board->hooks.send_message = on_message;
    } else {
        board_redirect_lines(board, board->hooks.drive_irq);
        board->hooks.send_message = delivery->send_message;
    }
    arm(machine);
}
