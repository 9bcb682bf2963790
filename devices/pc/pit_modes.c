/* SPDX-License-Identifier: BSD-2-Clause */
/* See pit_modes.h. */
#include "devices/pc/pit_modes.h"

#define CONTROL_MODE(control) (((control) >> 1) & 7)

unsigned pit_mode_of(const struct pit_counter *c)
{
    unsigned mode = CONTROL_MODE(c->control);

    return mode >= 6 ? mode - 4 : mode;
}

bool pit_mode_is_periodic(const struct pit_counter *c)
{
    return pit_mode_of(c) == 2 || pit_mode_of(c) == 3;
}

bool pit_mode_is_started_by_count(const struct pit_counter *c)
{
    return pit_mode_of(c) != 1 && pit_mode_of(c) != 5;
}

bool pit_mode_is_gated_by_level(const struct pit_counter *c)
{
    return pit_mode_is_started_by_count(c);
}

bool pit_mode_is_triggered_by_gate(const struct pit_counter *c)
{
    return pit_mode_of(c) != 0 && pit_mode_of(c) != 4;
}
