/* SPDX-License-Identifier: BSD-2-Clause */
/* Steal time's MSR of four vCPUs; a refusal is an event. The pages are in RAM that is both's. */
#include "tests/fuzz/fuzz_device.h"

#include "devices/msr/steal_msr.h"
#include "kvmclock/steal_time.h"

#define CPUS      4
#define RAM_BYTES 65536

static const uint32_t msrs[] = {MSR_STEAL_TIME};

static void *on_memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    static _Alignas(64) uint8_t ram[RAM_BYTES];

    (void)ctx;
    return gpa < sizeof ram && length_bytes <= sizeof ram - gpa ? ram + gpa : NULL;
}

static void on_refused(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct fuzz_host *host = ctx;

    (void)vcpu;
    (void)msr;
    (void)value;
    host->event_count++;
}

static void init(void *chip, struct fuzz_host *host, uint64_t now_ns)
{
    const struct steal_msr_wiring wiring = {
        .timers = &host->timers,
        .percent = 37,
        .vcpu_count = CPUS,
        .memory_at = on_memory_at,
        .refused = on_refused,
        .ctx = host,
    };

    steal_msr_init(chip, &wiring, now_ns);
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct steal_msr),
    .length_bytes = CPUS,
    .msrs = msrs,
    .msr_count = sizeof msrs / sizeof msrs[0],
    .init = init,
    .max_events = 1,
    /* Steps of 497 us. */
    .max_fire_rate = {1000000000, 497000},
};
