/* SPDX-License-Identifier: BSD-2-Clause */
/* See board.h. */
#include "vmm/machine/board.h"

#include <assert.h>
#include <string.h>

#include "boot/acpi_map.h"

#define PM_LENGTH_WITHOUT_TIMER ACPI_PM_REG_TMR

/* Every interrupt line of the computer; GSI numbers as kvm_create_irqchip routes them. */
static void board_init_lines(struct board *board, const struct board_hooks *hooks)
{
    const struct {
        struct irq_line *line;
        unsigned gsi;
    } rows[] = {
        {&board->pit_irq, 0},
        {&board->hpet_irq0, 0},
        {&board->com2_irq, 3},
        {&board->com1_irq, 4},
        {&board->rtc_irq, 8},
        {&board->hpet_irq8, 8},
        {&board->sci, ACPI_MAP_SCI_GSI},
        {&board->hpet_routes[0], HPET_FIRST_ROUTE},
        {&board->hpet_routes[1], HPET_FIRST_ROUTE + 1},
        {&board->hpet_routes[2], HPET_FIRST_ROUTE + 2},
        {&board->hpet_routes[3], HPET_FIRST_ROUTE + 3},
    };

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        *rows[i].line = (struct irq_line){hooks->drive_irq, hooks->ctx, rows[i].gsi, false};
}

static void board_list_devices(struct board *board, const struct board_config *config)
{
    struct device *const devices[BOARD_DEVICES] = {
        [BOARD_PIT] = &board->pit.dev,
        [BOARD_RTC] = &board->rtc.dev,
        [BOARD_HPET] = config->hpet_timers != 0 ? &board->hpet.dev : NULL,
        [BOARD_PM] = &board->pm.dev,
        [BOARD_COM1] = &board->com1.dev,
        [BOARD_COM2] = &board->com2.dev,
        [BOARD_I8042] = &board->i8042.dev,
        [BOARD_DEBUG] = &board->debug.dev,
        [BOARD_REFERENCE] = &board->reference.dev,
    };

    memcpy(board->devices, devices, sizeof devices);
}

static void board_attach(struct bus *bus, const struct bus_range *range)
{
    bool attached = bus_attach(bus, *range);

    assert(attached);
    (void)attached;
}

/* THE COMPUTER: every range of ports and memory that a chip answers. */
static void board_attach_chips(struct board *board, const struct board_config *config)
{
    const struct bus_range ports[] = {
        {0x040, 4, &board->pit.dev, 0},
        {0x060, 1, &board->i8042.dev, I8042_REG_DATA},
        {0x061, 1, &board->pit.dev, PIT_REG_PORT61},
        {0x064, 1, &board->i8042.dev, I8042_REG_STATUS},
        {0x070, 2, &board->rtc.dev, 0},
        {0x080, DEBUG_PORT_POST_LENGTH_BYTES, &board->debug.dev, DEBUG_PORT_REG_POST},
        {0x0f4, DEBUG_PORT_EXIT_LENGTH_BYTES, &board->debug.dev, DEBUG_PORT_REG_EXIT},
        {0x2f8, SERIAL_LENGTH_BYTES, &board->com2.dev, 0},
        {0x3f8, SERIAL_LENGTH_BYTES, &board->com1.dev, 0},
        {0x5c0, REFERENCE_LENGTH_BYTES, &board->reference.dev, 0},
        {ACPI_MAP_PM_PORT,
         config->pmtimer_bits != 0 ? ACPI_PM_LENGTH_BYTES : PM_LENGTH_WITHOUT_TIMER, &board->pm.dev,
         0},
    };
    const struct bus_range memory[] = {
        {ACPI_MAP_HPET_GPA, HPET_LENGTH_BYTES, &board->hpet.dev, 0},
    };

    bus_init(&board->ports, &board->timers);
    bus_init(&board->memory, &board->timers);
    for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++)
        board_attach(&board->ports, &ports[i]);
    for (unsigned i = 0; config->hpet_timers != 0 && i < sizeof memory / sizeof memory[0]; i++)
        board_attach(&board->memory, &memory[i]);
}

static void board_set_legacy_replacement(void *ctx, uint64_t now_ns, bool active)
{
    struct board *board = ctx;

    pit_set_irq_enabled(&board->pit, now_ns, !active);
    rtc_set_irq_enabled(&board->rtc, now_ns, !active);
}

static void board_send_message(void *ctx, uint32_t address, uint32_t data)
{
    const struct board *board = ctx;

    board->hooks.send_message(board->hooks.ctx, address, data);
}

static void board_init_clocks(struct board *board, const struct board_config *config,
                              const struct board_hooks *hooks, uint64_t now_ns)
{
    struct timerq *timers = &board->timers;
    struct hpet_wiring hpet = {
        .timers = timers,
        .rank = BOARD_HPET,
        .timer_count = config->hpet_timers != 0 ? config->hpet_timers : HPET_DEFAULT_TIMERS,
        .irq0 = &board->hpet_irq0,
        .irq8 = &board->hpet_irq8,
        .legacy = board_set_legacy_replacement,
        .message = board_send_message,
        .ctx = board,
    };
    const struct acpi_pm_wiring pm = {
        .timers = timers,
        .rank = BOARD_PM,
        .sci = &board->sci,
        .requests = {hooks->request, hooks->ctx},
        .timer_bits = config->pmtimer_bits != 0 ? config->pmtimer_bits : ACPI_PM_DEFAULT_TIMER_BITS,
    };

    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        hpet.routes[i] = &board->hpet_routes[i];
    pit_init(&board->pit, &(struct pit_wiring){timers, BOARD_PIT, &board->pit_irq}, now_ns);
    rtc_init(
        &board->rtc,
        &(struct rtc_wiring){timers, BOARD_RTC, &board->rtc_irq, hooks->rtc_date_set, hooks->ctx},
        now_ns, config->rtc_zero_ns + now_ns);
    hpet_init(&board->hpet, &hpet, now_ns);
    acpi_pm_init(&board->pm, &pm, now_ns);
    pit_set_lost_ticks(&board->pit, config->pit_lost_ticks);
    rtc_set_lost_ticks(&board->rtc, config->rtc_lost_ticks);
    hpet_set_lost_ticks(&board->hpet, config->hpet_lost_ticks);
}

static void board_init_others(struct board *board, const struct board_hooks *hooks, uint64_t now_ns)
{
    const struct guest_request_sink requests = {hooks->request, hooks->ctx};
    const struct serial_wiring com1 = {&board->timers,         BOARD_COM1,
                                       &board->com1_irq,       hooks->console_tx,
                                       hooks->console_rx_room, hooks->ctx};
    const struct serial_wiring com2 = {&board->timers,   BOARD_COM2, &board->com2_irq,
                                       hooks->report_tx, NULL,       hooks->ctx};

    serial_init(&board->com1, &com1, now_ns);
    serial_init(&board->com2, &com2, now_ns);
    i8042_init(&board->i8042, &(struct i8042_wiring){requests}, now_ns);
    debug_port_init(&board->debug, &(struct debug_port_wiring){requests}, now_ns);
    reference_init(&board->reference, &(struct reference_wiring){hooks->sample_host, hooks->ctx},
                   now_ns);
}

void board_init(struct board *board, const struct board_config *config,
                const struct board_hooks *hooks, uint64_t now_ns)
{
    *board = (struct board){.hooks = *hooks};
    board_list_devices(board, config);
    board_init_lines(board, hooks);
    board_attach_chips(board, config);
    board_init_clocks(board, config, hooks, now_ns);
    board_init_others(board, hooks, now_ns);
}

uint32_t board_eoi_gsis(const struct board *board)
{
    bool of_hpet = board->hpet.state.ticks[0].kind != LOST_TICKS_DROP;
    uint32_t gsis = 0;

    if (of_hpet || board->pit.state.ticks.kind != LOST_TICKS_DROP)
        gsis |= UINT32_C(1) << board->pit_irq.gsi;
    if (of_hpet) {
        gsis |= UINT32_C(1) << board->hpet_irq8.gsi;
        for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
            gsis |= UINT32_C(1) << board->hpet_routes[i].gsi;
    }
    return gsis;
}

void board_eoi(struct board *board, uint64_t now_ns, unsigned gsi, uint64_t eois)
{
    if (gsi == board->pit_irq.gsi) {
        pit_irq0_noticed(&board->pit, now_ns, eois);
        hpet_line_noticed(&board->hpet, now_ns, &board->hpet_irq0, eois);
    } else if (gsi == board->hpet_irq8.gsi) {
        hpet_line_noticed(&board->hpet, now_ns, &board->hpet_irq8, eois);
    } else {
        hpet_line_noticed(&board->hpet, now_ns, &board->hpet_routes[gsi - HPET_FIRST_ROUTE], eois);
    }
}

void board_end_stop(struct board *board, uint64_t now_ns)
{
    timerq_run(&board->timers, now_ns);
    pit_forget_ticks(&board->pit);
    rtc_forget_ticks(&board->rtc, now_ns);
    hpet_forget_ticks(&board->hpet, now_ns);
}
