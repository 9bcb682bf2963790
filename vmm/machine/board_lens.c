/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks of the board that are wrong: see board.h. */
#include "vmm/machine/board.h"

bool board_has_lens(const struct board *board)
{
    return lensed_is_active(&board->hpet_lens);
}

static void put_hpet_behind_lens(struct board *board)
{
    lensed_begin(&board->hpet_lens, &board->hpet.dev, &board->timers, BOARD_HPET);
    board->hpet.wiring.timers = &board->hpet_lens.timers;
    bus_replace(&board->buses[ACCESS_MEMORY], &board->hpet.dev, &board->hpet_lens.dev);
}

void board_set_hpet_rate(struct board *board, uint64_t now_ns, int64_t ppb)
{
    if (!board_has_lens(board))
        put_hpet_behind_lens(board);
    lensed_set_rate(&board->hpet_lens, now_ns, ppb);
}

void board_stick_hpet(struct board *board, uint64_t now_ns, bool stands)
{
    if (!board_has_lens(board))
        put_hpet_behind_lens(board);
    lensed_stick(&board->hpet_lens, now_ns, stands);
}

void board_step_hpet(struct board *board, uint64_t now_ns, int64_t by_ns)
{
    hpet_step(&board->hpet, lensed_now(&board->hpet_lens, now_ns),
              by_ns / (int64_t)(NS_PER_SEC / RATE_HPET.num_hz));
    lensed_follow(&board->hpet_lens);
}
