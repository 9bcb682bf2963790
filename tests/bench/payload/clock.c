/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How far kvm-clock is from the host's CLOCK_MONOTONIC_RAW, 100 times a second for a minute: a line
 * for each time on COM1,
 *
 *     TIME ERROR WIDTH
 *
 * TIME since the first one in units of 2^20 ns, ERROR kvm-clock minus host, less that of the first,
 * and WIDTH how far the reference device's reads of the TSC were apart, both in ns.
 *
 * The reference device tells the host's clock at a value of the TSC, and the page is a function of
 * the TSC, so its time at that very instant can be computed: what the exit takes does not count.
 * That needs a guest TSC that is the host's, which is checked. Ends through the debug exit port
 * with status 1, or 3 if it is not.
 */
#include <stdbool.h>
#include <stdint.h>

#include "guest-images/payloads/lib/cpu.h"
#include "tests/bench/payload/lib/print.h"

#define SAMPLES          6000
#define INTERVAL_NS      10000000
#define MSR_SYSTEM_TIME  0x4b564d01
#define REFERENCE_PORT   0x5c0
#define REFERENCE_DWORDS 14
#define INT32_LIMIT      INT64_C(2000000000)

void payload_main(void);

/* kvmclock/pvclock.h has the layout, and needs headers of a C library. */
static volatile struct {
    uint32_t version;
    uint32_t pad0;
    uint64_t tsc_timestamp;
    uint64_t system_time_ns;
    uint32_t tsc_to_system_mul;
    int8_t tsc_shift;
    uint8_t flags;
    uint8_t pad[2];
} page __attribute__((aligned(64)));

/* devices/pc/reference.h has the layout. In one page, or the string instruction would exit twice.
 */
static union {
    uint32_t dwords[REFERENCE_DWORDS];
    struct {
        uint32_t magic;
        uint32_t size_bytes;
        uint64_t host_tsc;
        uint64_t host_tsc_width;
        uint64_t host_monotonic_raw_ns;
    } fields;
} record __attribute__((aligned(64)));

struct sample {
    uint64_t host_ns;
    uint64_t clock_ns;
    uint64_t width_ns;
    bool same_tsc;
};

static void enable_page(void)
{
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | 1);
}

static void read_reference(void)
{
    uint32_t *dwords = record.dwords;
    uint32_t count = REFERENCE_DWORDS;

    __asm__ volatile("cld; rep insl"
                     : "+D"(dwords), "+c"(count)
                     : "d"(REFERENCE_PORT)
                     : "memory", "cc");
}

/* Nanoseconds of a number of cycles, as a guest computes them. */
static uint64_t page_scale(uint64_t cycles)
{
    uint64_t scaled = page.tsc_shift >= 0 ? cycles << page.tsc_shift : cycles >> -page.tsc_shift;
    uint32_t mul = page.tsc_to_system_mul;

    return (scaled >> 32) * mul + ((scaled & UINT32_MAX) * mul >> 32);
}

static struct sample take_sample(void)
{
    struct sample sample;
    uint64_t before_tsc;
    uint32_t version;

    do {
        version = page.version;
        before_tsc = tsc_read();
        read_reference();
        sample.same_tsc =
            before_tsc <= record.fields.host_tsc && record.fields.host_tsc <= tsc_read();
        sample.host_ns = record.fields.host_monotonic_raw_ns;
        sample.clock_ns =
            page.system_time_ns + page_scale(record.fields.host_tsc - page.tsc_timestamp);
        sample.width_ns = page_scale(record.fields.host_tsc_width);
    } while (version % 2 != 0 || version != page.version);
    return sample;
}

static void print_sample(uint64_t elapsed_ns, int64_t error_ns, uint64_t width_ns)
{
    if (error_ns > INT32_LIMIT)
        error_ns = INT32_LIMIT;
    if (error_ns < -INT32_LIMIT)
        error_ns = -INT32_LIMIT;
    print_number((uint32_t)(elapsed_ns >> 20), " ");
    if (error_ns < 0)
        print("-");
    print_number((uint32_t)(error_ns < 0 ? -error_ns : error_ns), " ");
    print_number((uint32_t)width_ns, "\n");
}

static void wait(uint64_t ns)
{
    uint64_t start_tsc = tsc_read();

    while (page_scale(tsc_read() - start_tsc) < ns)
        __asm__ volatile("pause");
}

void payload_main(void)
{
    struct sample first;
    bool same_tsc = true;

    enable_page();
    first = take_sample();
    for (unsigned i = 0; i < SAMPLES && same_tsc; i++) {
        struct sample sample = take_sample();
        uint64_t elapsed_ns = sample.host_ns - first.host_ns;

        same_tsc = sample.same_tsc;
        print_sample(elapsed_ns, (int64_t)(sample.clock_ns - first.clock_ns - elapsed_ns),
                     sample.width_ns);
        wait(INTERVAL_NS);
    }
    end(same_tsc ? 0 : 1);
}
