/* SPDX-License-Identifier: BSD-2-Clause */
/* See timer_rest.h. */
#include "vmm/machine/timer_rest.h"

void timer_rest_begin(struct timer_rest *rest, uint64_t now_ns, uint64_t length_ns)
{
    rest->over_ns = now_ns + length_ns;
}

uint64_t timer_rest_wake_ns(const struct timer_rest *rest, uint64_t deadline_ns)
{
    return deadline_ns > rest->over_ns ? deadline_ns : rest->over_ns;
}

bool timer_rest_is_too_long(const struct timer_rest *rest, uint64_t deadline_ns)
{
    return timer_rest_wake_ns(rest, deadline_ns) < rest->wake_ns;
}
