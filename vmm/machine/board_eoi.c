/* SPDX-License-Identifier: BSD-2-Clause */
/* The board's clocks and the EOIs of their interrupts: see board.h. */
#include "vmm/machine/board.h"

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

/* The HPET's line of that GSI; the board has asked for its EOIs. */
static const struct irq_line *hpet_line_of(const struct board *board, unsigned gsi)
{
    if (gsi == board->hpet_irq0.gsi)
        return &board->hpet_irq0;
    if (gsi == board->hpet_irq8.gsi)
        return &board->hpet_irq8;
    return &board->hpet_routes[gsi - HPET_FIRST_ROUTE];
}

void board_eoi(struct board *board, uint64_t now_ns, unsigned gsi, uint64_t eois)
{
    if (gsi == board->pit_irq.gsi) {
        pit_irq0_noticed(&board->pit, board_clock_ns(board, BOARD_PIT, now_ns), eois);
        board_clock_follow(board, BOARD_PIT);
    }
    hpet_line_noticed(&board->hpet, board_clock_ns(board, BOARD_HPET, now_ns),
                      hpet_line_of(board, gsi), eois);
    board_clock_follow(board, BOARD_HPET);
}

bool board_waits_for_eoi(const struct board *board, unsigned gsi)
{
    return (gsi == board->pit_irq.gsi && pit_irq0_waits_for_notice(&board->pit)) ||
           hpet_line_waits_for_notice(&board->hpet, hpet_line_of(board, gsi));
}
