/* SPDX-License-Identifier: BSD-2-Clause */
/* See board.h. */
#include "vmm/machine/board.h"

#include <assert.h>
#include <string.h>

#include "boot/acpi_map.h"
#include "kvmclock/steal_time.h"

#define PM_TIMER_PORT   (ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR)
#define PM_TIMER_LENGTH (ACPI_PM_LENGTH_BYTES - ACPI_PM_REG_TMR)

#define LENGTH_OF(rows) (sizeof(rows) / sizeof(rows)[0])

struct line_row {
    struct irq_line *line;
    unsigned gsi;
};

#define LINES 15

/* Every interrupt line of the computer; GSI numbers as kvm_create_irqchip routes them. */
static void list_lines(struct board *board, struct line_row listed[LINES])
{
    const struct line_row rows[LINES] = {
        {&board->pit_irq, 0},
        {&board->hpet_irq0, 0},
        {&board->com2_irq, 3},
        {&board->com1_irq, 4},
        {&board->rtc_irq, 8},
        {&board->hpet_irq8, 8},
        {&board->sci, ACPI_MAP_SCI_GSI},
        {&board->ged_irq, ACPI_MAP_GED_GSI},
        {&board->hpet_routes[0], HPET_FIRST_ROUTE},
        {&board->hpet_routes[1], HPET_FIRST_ROUTE + 1},
        {&board->hpet_routes[2], HPET_FIRST_ROUTE + 2},
        {&board->hpet_routes[3], HPET_FIRST_ROUTE + 3},
        {&board->virtio_irqs[0], ACPI_MAP_VIRTIO_GSI},
        {&board->virtio_irqs[1], ACPI_MAP_VIRTIO_GSI + 1},
        {&board->virtio_irqs[2], ACPI_MAP_VIRTIO_GSI + 2},
    };

    memcpy(listed, rows, sizeof rows);
}

/*
 * A load drives the line again, and what that does to the PM block does not matter: it is loaded
 * after the RTC.
 */
static enum irq_arrival board_rtc_alarm(void *ctx, unsigned gsi, bool level)
{
    struct board *board = ctx;

    (void)gsi;
    if (level)
        acpi_pm_rtc_alarm(&board->pm);
    return IRQ_ARRIVED;
}
static_assert(BOARD_RTC < BOARD_PM, "as board_rtc_alarm needs it");

static void board_init_lines(struct board *board, const struct board_hooks *hooks)
{
    struct line_row rows[LINES];

    list_lines(board, rows);
    for (unsigned i = 0; i < LINES; i++)
        *rows[i].line = (struct irq_line){hooks->drive_irq, hooks->ctx, rows[i].gsi, false};
    board->rtc_alarm = (struct irq_line){.drive = board_rtc_alarm, .ctx = board};
}

static bool has_hpet(const struct board_config *config)
{
    return config->hpet_timers != 0;
}

static bool has_pm_timer(const struct board_config *config)
{
    return config->pmtimer_bits != 0;
}

static bool has_reference(const struct board_config *config)
{
    return config->reference;
}

/* Or else the clock is KVM's, and so are its MSRs. */
static bool takes_clock_msrs(const struct board_config *config)
{
    return config->kvmclock != KVMCLOCK_KERNEL;
}

static bool takes_steal_msr(const struct board_config *config)
{
    return config->steal;
}

static bool has_vmclock(const struct board_config *config)
{
    return config->vmclock_page != NULL;
}

struct board_row {
    uint64_t base;
    uint64_t length_bytes;
    enum board_device device;
    /* The device's register at base. */
    uint32_t first_reg;
    /* NULL: it is wherever the device is. */
    bool (*exists)(const struct board_config *config);
};

struct board_msr_row {
    struct msr_range range;
    enum board_device device;
    /* As above. */
    bool (*exists)(const struct board_config *config);
};

/*
 * THE COMPUTER: every port, address and MSR that is a device's. MSRs of a device that there is not
 * are refused. Ranges of MSRs are few, as KVM goes through them.
 */
static const struct board_row ports[] = {
    {0x040, 4, BOARD_PIT, 0, NULL},
    {0x060, 1, BOARD_I8042, I8042_REG_DATA, NULL},
    {0x061, 1, BOARD_PIT, PIT_REG_PORT61, NULL},
    {0x064, 1, BOARD_I8042, I8042_REG_STATUS, NULL},
    {0x070, 2, BOARD_RTC, 0, NULL},
    {0x080, DEBUG_PORT_POST_LENGTH_BYTES, BOARD_DEBUG, DEBUG_PORT_REG_POST, NULL},
    {0x092, 1, BOARD_RESET, RESET_CONTROL_REG_PORT_A, NULL},
    {0x0f4, DEBUG_PORT_EXIT_LENGTH_BYTES, BOARD_DEBUG, DEBUG_PORT_REG_EXIT, NULL},
    {0x2f8, SERIAL_LENGTH_BYTES, BOARD_COM2, 0, NULL},
    {0x3f8, SERIAL_LENGTH_BYTES, BOARD_COM1, 0, NULL},
    {ACPI_MAP_PVPANIC_PORT, PVPANIC_LENGTH_BYTES, BOARD_PVPANIC, 0, NULL},
    {0x5c0, REFERENCE_LENGTH_BYTES, BOARD_REFERENCE, 0, has_reference},
    {ACPI_MAP_PM_PORT, ACPI_PM_REG_TMR, BOARD_PM, 0, NULL},
    {PM_TIMER_PORT, PM_TIMER_LENGTH, BOARD_PM, ACPI_PM_REG_TMR, has_pm_timer},
    {0xcf9, 1, BOARD_RESET, RESET_CONTROL_REG_CF9, NULL},
};
static const struct board_row memory[] = {
    {BOARD_SLOT_GPA(BOARD_SLOT_RNG), VIRTIO_LENGTH_BYTES, BOARD_RNG, 0, NULL},
    {BOARD_SLOT_GPA(BOARD_SLOT_DISK(0)), VIRTIO_LENGTH_BYTES, BOARD_DISK_0, 0, NULL},
    {BOARD_SLOT_GPA(BOARD_SLOT_DISK(1)), VIRTIO_LENGTH_BYTES, BOARD_DISK_1, 0, NULL},
    {BOARD_SLOT_GPA(BOARD_SLOT_DISK(2)), VIRTIO_LENGTH_BYTES, BOARD_DISK_2, 0, NULL},
    {BOARD_SLOT_GPA(BOARD_SLOT_DISK(3)), VIRTIO_LENGTH_BYTES, BOARD_DISK_3, 0, NULL},
    {ACPI_MAP_HPET_GPA, HPET_LENGTH_BYTES, BOARD_HPET, 0, has_hpet},
};
static const struct board_msr_row msrs[] = {
    {{MSR_WALL_CLOCK_OLD, 2, true}, BOARD_KVMCLOCK, takes_clock_msrs},
    {{MSR_WALL_CLOCK, 2, true}, BOARD_KVMCLOCK, takes_clock_msrs},
    {{MSR_TSC, 1, false}, BOARD_TSC, takes_clock_msrs},
    {{MSR_TSC_ADJUST, 1, false}, BOARD_TSC, takes_clock_msrs},
    {{MSR_STEAL_TIME, 1, true}, BOARD_STEAL, takes_steal_msr},
};
static_assert(LENGTH_OF(msrs) <= BOARD_MAX_MSR_RANGES, "KVM takes no more");

static bool is_there(bool (*exists)(const struct board_config *config),
                     const struct board_config *config)
{
    return exists == NULL || exists(config);
}

/* One table is ours: no range of it is too much. */
static void attach(struct board *board, enum access_space space, const struct bus_range *range)
{
    bool attached = bus_attach(&board->buses[space], *range);

    assert(attached);
    (void)attached;
}

static void attach_rows(struct board *board, const struct board_config *config,
                        enum access_space space, const struct board_row *rows, unsigned count)
{
    bus_init(&board->buses[space], &board->timers);
    for (unsigned i = 0; i < count; i++)
        if (board->devices[rows[i].device] != NULL && is_there(rows[i].exists, config))
            attach(board, space,
                   &(struct bus_range){rows[i].base, rows[i].length_bytes,
                                       board->devices[rows[i].device], rows[i].first_reg});
}

static void attach_msrs(struct board *board, const struct board_config *config)
{
    bus_init(&board->buses[ACCESS_MSR], &board->timers);
    for (unsigned i = 0; i < LENGTH_OF(msrs); i++)
        if (is_there(msrs[i].exists, config))
            attach(board, ACCESS_MSR,
                   &(struct bus_range){msrs[i].range.first_msr, msrs[i].range.count,
                                       board->devices[msrs[i].device], 0});
}

static void board_attach_devices(struct board *board, const struct board_config *config)
{
    attach_rows(board, config, ACCESS_PORT, ports, LENGTH_OF(ports));
    attach_rows(board, config, ACCESS_MEMORY, memory, LENGTH_OF(memory));
    attach_msrs(board, config);
}

unsigned board_msr_ranges(const struct board_config *config,
                          struct msr_range ranges[BOARD_MAX_MSR_RANGES])
{
    unsigned count = 0;

    for (unsigned i = 0; i < LENGTH_OF(msrs); i++)
        if (is_there(msrs[i].exists, config))
            ranges[count++] = msrs[i].range;
    return count;
}

static void board_list_devices(struct board *board, const struct board_config *config)
{
    struct device *const devices[BOARD_DEVICES] = {
        [BOARD_PIT] = &board->pit.dev,
        [BOARD_RTC] = &board->rtc.dev,
        [BOARD_HPET] = has_hpet(config) ? &board->hpet.dev : NULL,
        [BOARD_PM] = &board->pm.dev,
        [BOARD_COM1] = &board->com1.dev,
        [BOARD_COM2] = &board->com2.dev,
        [BOARD_I8042] = &board->i8042.dev,
        [BOARD_DEBUG] = &board->debug.dev,
        [BOARD_REFERENCE] = has_reference(config) ? &board->reference.dev : NULL,
        [BOARD_TSC] = takes_clock_msrs(config) ? &board->tsc.dev : NULL,
        [BOARD_KVMCLOCK] = config->kvmclock == KVMCLOCK_USER ? &board->kvmclock.dev : NULL,
        [BOARD_STEAL] = takes_steal_msr(config) ? &board->steal.dev : NULL,
        [BOARD_RESET] = &board->reset.dev,
        [BOARD_PVPANIC] = &board->pvpanic.dev,
        [BOARD_VMCLOCK] = has_vmclock(config) ? &board->vmclock.dev : NULL,
        [BOARD_RNG] = config->virtio_rng ? &board->rng.virtio.dev : NULL,
        [BOARD_DISK_0] = config->disk_count > 0 ? &board->disks[0].virtio.dev : NULL,
        [BOARD_DISK_1] = config->disk_count > 1 ? &board->disks[1].virtio.dev : NULL,
        [BOARD_DISK_2] = config->disk_count > 2 ? &board->disks[2].virtio.dev : NULL,
        [BOARD_DISK_3] = config->disk_count > 3 ? &board->disks[3].virtio.dev : NULL,
    };

    memcpy(board->devices, devices, sizeof devices);
}

/* Guest time, in a call of a clock that an access has come to at its own time now_ns. */
static uint64_t guest_ns(const struct board *board, enum board_device clock, uint64_t now_ns)
{
    return board_clock_is_lensed(board, clock) ? board->timers.run_now_ns : now_ns;
}

static void board_set_legacy_replacement(void *ctx, uint64_t now_ns, bool active)
{
    struct board *board = ctx;
    uint64_t at_ns = guest_ns(board, BOARD_HPET, now_ns);

    pit_set_irq_enabled(&board->pit, board_clock_ns(board, BOARD_PIT, at_ns), !active);
    rtc_set_irq_enabled(&board->rtc, board_clock_ns(board, BOARD_RTC, at_ns), !active);
    board_clock_follow(board, BOARD_PIT);
    board_clock_follow(board, BOARD_RTC);
}

static void board_rtc_date_set(void *ctx, uint64_t now_ns)
{
    const struct board *board = ctx;

    board->hooks.rtc_date_set(board->hooks.ctx, guest_ns(board, BOARD_RTC, now_ns));
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
    const struct rtc_wiring rtc = {
        .timers = timers,
        .rank = BOARD_RTC,
        .irq8 = &board->rtc_irq,
        .alarm = &board->rtc_alarm,
        .date_set = hooks->rtc_date_set != NULL ? board_rtc_date_set : NULL,
        .ctx = board,
    };
    const struct acpi_pm_wiring pm = {
        .timers = timers,
        .rank = BOARD_PM,
        .sci = &board->sci,
        .requests = {hooks->request, hooks->ctx},
        .timer_bits = config->pmtimer_bits != 0 ? config->pmtimer_bits : ACPI_PM_DEFAULT_TIMER_BITS,
        .has_s3 = config->has_s3,
    };

    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        hpet.routes[i] = &board->hpet_routes[i];
    pit_init(&board->pit, &(struct pit_wiring){timers, BOARD_PIT, &board->pit_irq}, now_ns);
    rtc_init(&board->rtc, &rtc, now_ns, config->rtc_zero_ns + now_ns);
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
    const struct serial_wiring com2 = {&board->timers,        BOARD_COM2,
                                       &board->com2_irq,      hooks->report_tx,
                                       hooks->report_rx_room, hooks->ctx};

    serial_init(&board->com1, &com1, now_ns);
    serial_init(&board->com2, &com2, now_ns);
    i8042_init(&board->i8042, &(struct i8042_wiring){requests}, now_ns);
    pvpanic_init(&board->pvpanic, &(struct pvpanic_wiring){requests}, now_ns);
    reset_control_init(&board->reset, &(struct reset_control_wiring){requests}, now_ns);
    debug_port_init(&board->debug, &(struct debug_port_wiring){requests}, now_ns);
    reference_init(&board->reference, &(struct reference_wiring){hooks->sample_host, hooks->ctx},
                   now_ns);
}

static void board_init_msrs(struct board *board, const struct board_config *config,
                            const struct board_hooks *hooks, uint64_t now_ns)
{
    const struct tsc_msrs_wiring tsc = {config->cpu_count, hooks->begin_tsc_write, hooks->set_tsc,
                                        hooks->ctx};
    const struct kvmclock_msrs_wiring kvmclock = {
        .clock = {hooks->memory_at, hooks->host_tsc, hooks->ctx, hooks->timebase,
                  config->wall_zero_ns},
        .vcpu_count = config->cpu_count,
        .tsc_stable = config->tsc_stable,
        .get_tsc = hooks->get_tsc,
        .refused = hooks->msr_refused,
        .ctx = hooks->ctx,
    };
    const struct steal_msr_wiring steal = {
        .timers = &board->timers,
        .rank = BOARD_STEAL,
        .percent = config->steal_percent,
        .vcpu_count = config->cpu_count,
        .memory_at = hooks->memory_at,
        .is_halted = config->steal_idle ? NULL : hooks->is_halted,
        .refused = hooks->msr_refused,
        .ctx = hooks->ctx,
    };

    tsc_msrs_init(&board->tsc, &tsc, now_ns);
    kvmclock_msrs_init(&board->kvmclock, &kvmclock, now_ns);
    steal_msr_init(&board->steal, &steal, now_ns);
}

static void board_init_vmclock(struct board *board, const struct board_config *config,
                               uint64_t now_ns)
{
    const struct vmclock_wiring vmclock = {
        .page = config->vmclock_page,
        .ged = &board->ged_irq,
        .time_type = config->vmclock_time_type,
        .tsc_is_one = config->tsc_is_one,
        .shows_guest_date = config->vmclock_shows_guest_date,
        .first_marker = config->vmclock_first_marker,
    };

    if (has_vmclock(config))
        vmclock_init(&board->vmclock, &vmclock, now_ns);
}

void board_init(struct board *board, const struct board_config *config,
                const struct board_hooks *hooks, uint64_t now_ns)
{
    *board = (struct board){.hooks = *hooks};
    board_list_devices(board, config);
    board_init_lines(board, hooks);
    board_attach_devices(board, config);
    board_init_clocks(board, config, hooks, now_ns);
    board_init_others(board, hooks, now_ns);
    board_init_msrs(board, config, hooks, now_ns);
    board_init_vmclock(board, config, now_ns);
    board_init_virtio(board, config);
}

void board_drive_levels(struct board *board, bool (*is_level)(const void *ctx, unsigned gsi),
                        const void *ctx)
{
    struct line_row rows[LINES];

    list_lines(board, rows);
    for (unsigned i = 0; i < LINES; i++)
        if (rows[i].line->level && is_level(ctx, rows[i].gsi))
            rows[i].line->drive(rows[i].line->ctx, rows[i].gsi, true);
}

uint32_t board_redirect_lines(struct board *board,
                              enum irq_arrival (*drive)(void *ctx, unsigned gsi, bool level))
{
    struct line_row rows[LINES];
    uint32_t levels = 0;

    list_lines(board, rows);
    for (unsigned i = 0; i < LINES; i++) {
        rows[i].line->drive = drive;
        levels |= (uint32_t)rows[i].line->level << rows[i].gsi;
    }
    return levels;
}

void board_end_stop(struct board *board, uint64_t now_ns)
{
    timerq_run(&board->timers, now_ns);
    pit_forget_ticks(&board->pit);
    rtc_forget_ticks(&board->rtc, board_clock_ns(board, BOARD_RTC, now_ns));
    hpet_forget_ticks(&board->hpet, board_clock_ns(board, BOARD_HPET, now_ns));
    for (enum board_device clock = BOARD_PIT; clock < BOARD_LENSES; clock++)
        board_clock_follow(board, clock);
}
