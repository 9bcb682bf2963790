/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks of the board that are wrong: see board.h. */
#include "vmm/machine/board.h"

bool board_clock_is_lensed(const struct board *board, enum board_device clock)
{
    return lensed_is_active(&board->lenses[clock]);
}

bool board_counters_are_lensed(const struct board *board)
{
    return board_clock_is_lensed(board, BOARD_HPET) || board_clock_is_lensed(board, BOARD_PM);
}

uint64_t board_clock_ns(const struct board *board, enum board_device clock, uint64_t now_ns)
{
    return lensed_now(&board->lenses[clock], now_ns);
}

void board_clock_follow(struct board *board, enum board_device clock)
{
    lensed_follow(&board->lenses[clock]);
}

/* Where the device has its timers. */
static struct timerq **timers_of(struct board *board, enum board_device clock)
{
    switch (clock) {
    case BOARD_PIT:
        return &board->pit.wiring.timers;
    case BOARD_RTC:
        return &board->rtc.wiring.timers;
    case BOARD_HPET:
        return &board->hpet.wiring.timers;
    default:
        return &board->pm.wiring.timers;
    }
}

static struct lensed *put_behind_lens(struct board *board, enum board_device clock)
{
    struct lensed *lensed = &board->lenses[clock];

    if (lensed_is_active(lensed))
        return lensed;
    lensed_begin(lensed, board->devices[clock], &board->timers, clock);
    *timers_of(board, clock) = &lensed->timers;
    for (unsigned i = 0; i < ACCESS_SPACES; i++)
        bus_replace(&board->buses[i], board->devices[clock], &lensed->dev);
    return lensed;
}

void board_load_lens(struct board *board, enum board_device clock, const struct lens *lens,
                     int64_t ppb, bool stands, const struct jitter *jitter)
{
    struct lensed *lensed = put_behind_lens(board, clock);

    lensed->lens = *lens;
    lensed->ppb = ppb;
    lensed->stands = stands;
    lensed->jitter = *jitter;
}

void board_set_clock_rate(struct board *board, uint64_t now_ns, enum board_device clock,
                          int64_t ppb)
{
    lensed_set_rate(put_behind_lens(board, clock), now_ns, ppb);
}

void board_stick_clock(struct board *board, uint64_t now_ns, enum board_device clock, bool stands)
{
    lensed_stick(put_behind_lens(board, clock), now_ns, stands);
}

void board_set_clock_jitter(struct board *board, uint64_t now_ns, enum board_device clock,
                            const struct jitter *jitter)
{
    lensed_set_jitter(put_behind_lens(board, clock), now_ns, jitter);
}

static bool step_rtc(struct board *board, uint64_t now_ns, int64_t by_ns)
{
    uint64_t clock_ns = board_clock_ns(board, BOARD_RTC, now_ns);
    int64_t wall_ns;

    if (!rtc_wall_ns(&board->rtc, clock_ns, &wall_ns) ||
        __builtin_add_overflow(wall_ns, by_ns, &wall_ns) || wall_ns < 0 ||
        wall_ns / (int64_t)NS_PER_SEC >= RTC_WALL_END_SEC)
        return false;
    rtc_set_wall(&board->rtc, clock_ns, wall_ns);
    board_clock_follow(board, BOARD_RTC);
    return true;
}

void board_lose_rtc_power(struct board *board, uint64_t now_ns)
{
    rtc_lose_power(&board->rtc, board_clock_ns(board, BOARD_RTC, now_ns));
    board_clock_follow(board, BOARD_RTC);
}

static bool step_hpet(struct board *board, uint64_t now_ns, int64_t by_ns)
{
    hpet_step(&board->hpet, board_clock_ns(board, BOARD_HPET, now_ns),
              by_ns / (int64_t)(NS_PER_SEC / RATE_HPET.num_hz));
    board_clock_follow(board, BOARD_HPET);
    return true;
}

/* Of PIT or PM: its own time is later. */
static bool forward(struct board *board, uint64_t now_ns, enum board_device clock, uint64_t by_ns)
{
    uint64_t clock_ns = board_clock_ns(board, clock, now_ns);

    if (by_ns > BOARD_LATEST_NS || clock_ns > BOARD_LATEST_NS - by_ns)
        return false;
    lensed_step(put_behind_lens(board, clock), now_ns, by_ns);
    return true;
}

static bool step_pit(struct board *board, uint64_t now_ns, int64_t by_ns)
{
    if (by_ns < 0 || !forward(board, now_ns, BOARD_PIT, (uint64_t)by_ns))
        return false;
    timerq_run(&board->timers, now_ns);
    pit_forget_ticks(&board->pit);
    board_clock_follow(board, BOARD_PIT);
    return true;
}

static bool step_pm(struct board *board, uint64_t now_ns, int64_t by_ns)
{
    uint64_t was_ns = board_clock_ns(board, BOARD_PM, now_ns);

    if (!forward(board, now_ns, BOARD_PM, acpi_pm_forward_ns(&board->pm, by_ns)))
        return false;
    acpi_pm_stepped(&board->pm, was_ns, board_clock_ns(board, BOARD_PM, now_ns));
    board_clock_follow(board, BOARD_PM);
    return true;
}

bool board_step_clock(struct board *board, uint64_t now_ns, enum board_device clock, int64_t by_ns)
{
    switch (clock) {
    case BOARD_PIT:
        return step_pit(board, now_ns, by_ns);
    case BOARD_RTC:
        return step_rtc(board, now_ns, by_ns);
    case BOARD_HPET:
        return step_hpet(board, now_ns, by_ns);
    default:
        return step_pm(board, now_ns, by_ns);
    }
}
