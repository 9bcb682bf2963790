/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm-clock's MSRs of three vCPUs; a refusal is an event. The pages are in RAM that is both's, and
 * the host moves a vCPU's TSC, or ends TSC_STABLE.
 */
#include "tests/fuzz/fuzz_device.h"

#include "devices/msr/kvmclock_msrs.h"

#define CPUS      3
#define RAM_BYTES 65536
#define HOST_TSC  5000

static const uint32_t msrs[] = {MSR_WALL_CLOCK, MSR_SYSTEM_TIME, MSR_WALL_CLOCK_OLD,
                                MSR_SYSTEM_TIME_OLD};

static void *on_memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    static _Alignas(8) uint8_t ram[RAM_BYTES];

    (void)ctx;
    return gpa < sizeof ram && length_bytes <= sizeof ram - gpa ? ram + gpa : NULL;
}

static uint64_t on_host_tsc(void *ctx)
{
    (void)ctx;
    return HOST_TSC;
}

static bool on_get_tsc(void *ctx, unsigned vcpu, struct guest_tsc *tsc)
{
    (void)ctx;
    (void)vcpu;
    *tsc = (struct guest_tsc){.ratio = TSC_RATIO_ONE};
    return true;
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
    static struct timebase timebase;
    const struct kvmclock_msrs_wiring wiring = {
        .clock = {on_memory_at, on_host_tsc, host, &timebase, UINT64_C(1700000000000000000)},
        .vcpu_count = CPUS,
        .tsc_stable = true,
        .get_tsc = on_get_tsc,
        .refused = on_refused,
        .ctx = host,
    };

    timebase = timebase_start(HOST_TSC, now_ns, pvclock_scale_from_ratio(1, 2), TSC_RATIO_ONE);
    kvmclock_msrs_init(chip, &wiring, now_ns);
}

static void host_act(void *chip, struct fuzz_host *host, uint64_t now_ns, uint64_t choice)
{
    struct kvmclock_msrs *device = chip;

    (void)host;
    (void)now_ns;
    if (choice % 8 == 7)
        kvmclock_end_stable(&device->clock);
    else
        kvmclock_set_tsc(&device->clock, (unsigned)(choice % CPUS),
                         &(struct guest_tsc){TSC_RATIO_ONE, choice >> 8});
}

const struct fuzz_device fuzz_device = {
    .chip_bytes = sizeof(struct kvmclock_msrs),
    .length_bytes = CPUS * sizeof msrs / sizeof msrs[0],
    .msrs = msrs,
    .msr_count = sizeof msrs / sizeof msrs[0],
    .init = init,
    .host_act = host_act,
    .max_events = 1,
    .max_fire_rate = {1, 1},
};
