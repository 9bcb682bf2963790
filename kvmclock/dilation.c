/* SPDX-License-Identifier: BSD-2-Clause */
/* See dilation.h. */
#include "kvmclock/dilation.h"

#include "base/time_math.h"

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

bool dilation_set(struct dilation *dilation, uint64_t guest_ns, uint64_t host_ns)
{
    uint64_t divisor = common_divisor(guest_ns, host_ns);

    if (guest_ns == 0 || host_ns == 0)
        return false;
    guest_ns /= divisor;
    host_ns /= divisor;
    if (guest_ns > DILATION_MAX_TERM || host_ns > DILATION_MAX_TERM ||
        guest_ns > host_ns * DILATION_MAX || host_ns > guest_ns * DILATION_MAX)
        return false;
    *dilation = (struct dilation){0};
    if (guest_ns != host_ns)
        *dilation = (struct dilation){(uint32_t)guest_ns, (uint32_t)host_ns};
    return true;
}

bool dilation_is_valid(struct dilation dilation)
{
    struct dilation made = {0};

    if (dilation.guest_ns == 0 && dilation.host_ns == 0)
        return true;
    return dilation_set(&made, dilation.guest_ns, dilation.host_ns) &&
           made.guest_ns == dilation.guest_ns && made.host_ns == dilation.host_ns;
}

uint64_t dilation_guest_ns(struct dilation dilation, uint64_t host_ns)
{
    if (dilation_is_one(dilation))
        return host_ns;
    return mul_div_floor(host_ns, dilation.guest_ns, dilation.host_ns);
}

uint64_t dilation_host_ns(struct dilation dilation, uint64_t guest_ns)
{
    if (dilation_is_one(dilation))
        return guest_ns;
    return mul_div_floor(guest_ns, dilation.host_ns, dilation.guest_ns);
}

uint64_t dilation_wait_ns(struct dilation dilation, uint64_t guest_ns)
{
    if (dilation_is_one(dilation))
        return guest_ns;
    return mul_div_ceil(guest_ns, dilation.host_ns, dilation.guest_ns);
}

uint32_t dilation_apic_bus_ns(struct dilation dilation)
{
    return dilation.guest_ns == 1 ? dilation.host_ns : 1;
}
