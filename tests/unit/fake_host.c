/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_host.h. */
#include "tests/unit/fake_host.h"

#include "base/time_math.h"

#define PS_PER_NS   1000
#define PS_PER_SEC  UINT64_C(1000000000000)
#define FIRST_TSC   (UINT64_C(26) * 5000000000)
#define SHORTEST_PS 15000
#define SPREAD_PS   25000
#define BRACKETS    8

typedef unsigned __int128 u128;

void fake_host_init(struct fake_host *host, uint64_t seed, uint64_t tsc_hz)
{
    *host = (struct fake_host){
        .seed = seed,
        .tsc_hz = tsc_hz,
        .tsc_step = 1,
        .resolution_ns = 1,
        .tsc_then = FIRST_TSC,
    };
}

uint64_t fake_host_random(struct fake_host *host, uint64_t limit)
{
    host->seed = host->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint64_t)((u128)host->seed * limit >> 64);
}

uint64_t fake_host_tsc(const struct fake_host *host)
{
    uint64_t tsc =
        host->tsc_then + mul_div_floor(host->time_ps - host->tsc_then_ps, host->tsc_hz, PS_PER_SEC);

    return tsc - tsc % host->tsc_step;
}

/* A TSC that counts in steps is the one that the clock counts, too. */
static uint64_t clock_ps(const struct fake_host *host)
{
    if (host->tsc_step == 1)
        return host->time_ps;
    return host->tsc_then_ps +
           mul_div_floor(fake_host_tsc(host) - host->tsc_then, PS_PER_SEC, host->tsc_hz);
}

uint64_t fake_host_clock_ns(const struct fake_host *host)
{
    uint64_t ns = clock_ps(host) / PS_PER_NS;

    return ns - ns % host->resolution_ns + (uint64_t)host->clock_step_ns;
}

void fake_host_advance_ns(struct fake_host *host, uint64_t ns)
{
    host->time_ps += ns * PS_PER_NS;
}

void fake_host_set_tsc_hz(struct fake_host *host, uint64_t tsc_hz)
{
    host->tsc_then = fake_host_tsc(host);
    host->tsc_then_ps = host->time_ps;
    host->tsc_hz = tsc_hz;
}

void fake_host_set_tsc(struct fake_host *host, uint64_t tsc)
{
    host->tsc_then = tsc;
    host->tsc_then_ps = host->time_ps;
}

static void pass_an_instruction(struct fake_host *host)
{
    host->time_ps += SHORTEST_PS + fake_host_random(host, SPREAD_PS);
    if (fake_host_random(host, 1000) < host->interrupted_per_mille)
        fake_host_advance_ns(host, fake_host_random(host, host->longest_interrupt_ns));
}

struct clock_bracket fake_host_read(struct fake_host *host)
{
    struct clock_bracket bracket;

    bracket.tsc_before = fake_host_tsc(host);
    pass_an_instruction(host);
    bracket.clock_ns = fake_host_clock_ns(host);
    pass_an_instruction(host);
    bracket.tsc_after = fake_host_tsc(host);
    return bracket;
}

struct clock_bracket fake_host_bracket(struct fake_host *host)
{
    struct clock_bracket brackets[BRACKETS];

    for (unsigned i = 0; i < BRACKETS; i++)
        brackets[i] = fake_host_read(host);
    return clock_bracket_narrowest(brackets, BRACKETS);
}

bool fake_host_rate_is_in(const struct fake_host *host, const struct calibration *calibration)
{
    u128 second = (u128)NS_PER_SEC << CALIBRATION_RATE_SHIFT;

    return (u128)calibration->slowest * host->tsc_hz <= second &&
           second <= (u128)calibration->fastest * host->tsc_hz;
}
