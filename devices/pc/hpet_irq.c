/* SPDX-License-Identifier: BSD-2-Clause */
/* See hpet_irq.h. */
#include "devices/pc/hpet_irq.h"

#include <stddef.h>

#define LEGACY_BITS (HPET_CONFIG_ENABLE | HPET_CONFIG_LEG_RT)
/* The addresses of local APICs (Intel SDM volume 3, "Message address register format"). */
#define MESSAGE_BASE 0xfee00000u
#define MESSAGE_MASK 0xfff00000u

bool hpet_is_enabled(const struct hpet *hpet)
{
    return (hpet->state.config & HPET_CONFIG_ENABLE) != 0;
}

bool hpet_legacy_active(const struct hpet *hpet)
{
    return (hpet->state.config & LEGACY_BITS) == LEGACY_BITS;
}

/* The line that timer n drives, or NULL if it is routed nowhere. */
static struct irq_line *line_of(const struct hpet *hpet, unsigned n)
{
    unsigned route = hpet_timer_route(&hpet->state.timers[n]);

    if ((hpet->state.timers[n].config & HPET_TIMER_FSB_EN) != 0)
        return NULL;
    if (hpet_legacy_active(hpet) && n == 0)
        return hpet->wiring.irq0;
    if (hpet_legacy_active(hpet) && n == 1)
        return hpet->wiring.irq8;
    if (route < HPET_FIRST_ROUTE || route >= HPET_FIRST_ROUTE + HPET_ROUTE_COUNT)
        return NULL;
    return hpet->wiring.routes[route - HPET_FIRST_ROUTE];
}

static bool interrupts_enabled(const struct hpet *hpet, unsigned n)
{
    return hpet_is_enabled(hpet) && (hpet->state.timers[n].config & HPET_TIMER_INT_ENB) != 0;
}

/* Whether a timer in level mode holds the line high; INT_STATUS is 0 for those in edge mode. */
static bool line_held(const struct hpet *hpet, const struct irq_line *line)
{
    for (unsigned n = 0; n < hpet->wiring.timer_count; n++)
        if ((hpet->state.int_status & 1u << n) != 0 && interrupts_enabled(hpet, n) &&
            line_of(hpet, n) == line)
            return true;
    return false;
}

void hpet_drive_lines(struct hpet *hpet)
{
    irq_line_set(hpet->wiring.irq0, line_held(hpet, hpet->wiring.irq0));
    irq_line_set(hpet->wiring.irq8, line_held(hpet, hpet->wiring.irq8));
    for (unsigned i = 0; i < HPET_ROUTE_COUNT; i++)
        irq_line_set(hpet->wiring.routes[i], line_held(hpet, hpet->wiring.routes[i]));
}

static void send_message(struct hpet *hpet, uint64_t fsb_route)
{
    uint32_t address = (uint32_t)(fsb_route >> 32);

    if ((address & MESSAGE_MASK) == MESSAGE_BASE)
        hpet->wiring.message(hpet->wiring.ctx, address, (uint32_t)fsb_route);
}

bool hpet_reaches_guest(const struct hpet *hpet, unsigned n)
{
    return interrupts_enabled(hpet, n) &&
           (line_of(hpet, n) != NULL || hpet_timer_sends_messages(&hpet->state.timers[n]));
}

bool hpet_sends_edges_by(const struct hpet *hpet, unsigned n, const struct irq_line *line)
{
    return interrupts_enabled(hpet, n) && line_of(hpet, n) == line &&
           (hpet->state.timers[n].config & HPET_TIMER_LEVEL) == 0;
}

enum irq_arrival hpet_interrupt_by_edge(struct hpet *hpet, unsigned n)
{
    struct irq_line *line = line_of(hpet, n);
    enum irq_arrival arrival;

    if (line == NULL) {
        send_message(hpet, hpet->state.timers[n].fsb_route);
        return IRQ_ARRIVED;
    }
    arrival = irq_line_set(line, true);
    irq_line_set(line, line_held(hpet, line));
    return arrival;
}
