/* SPDX-License-Identifier: BSD-2-Clause */
/* The reader in examples/ against the pages that are published. */
#include "tests/unit/unit.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kvmclock/vmclock_fields.h"
#include "kvmclock/vmclock_page.h"
#include "tests/unit/ntp_host.h"

/* Its main would be the test's, and the device is the test's. */
int vmclock_read_main(int argc, char **argv);
static ssize_t read_device(int fd, void *bytes, size_t size_bytes, off_t offset);
static int poll_device(struct pollfd *polled, nfds_t count, int timeout_ms);
#define main  vmclock_read_main
#define pread read_device
#define poll  poll_device
#include "examples/vmclock-read.c"
#undef main

#define SEEDS 2000

static_assert(sizeof(struct shared_page) == sizeof(struct vmclock_page),
              "the reader's page is the device's");

static struct vmclock_page published(uint64_t seed, enum vmclock_time_type time_type)
{
    struct vmclock_page page = {.magic = VMCLOCK_MAGIC,
                                .size = VMCLOCK_REGION_BYTES,
                                .version = VMCLOCK_VERSION,
                                .counter_id = VMCLOCK_COUNTER_X86_TSC,
                                .time_type = (uint8_t)time_type,
                                .flags = VMCLOCK_FLAG_VM_GEN_COUNTER_PRESENT};
    struct ntp_host host;
    struct vmclock_inputs inputs;

    ntp_host_init(&host, seed);
    ntp_host_second(&host);
    inputs = ntp_host_inputs(&host, time_type);
    vmclock_fields_fill(&page, &inputs);
    return page;
}

static struct shared_page shared(const struct vmclock_page *page)
{
    struct shared_page copy;

    memcpy(&copy, page, sizeof copy);
    return copy;
}

static struct sampled sampled_after(const struct vmclock_page *page, uint64_t cycles)
{
    return (struct sampled){shared(page), page->counter_value + cycles};
}

/* Up to a day of 5 GHz. */
static uint64_t any_cycles(uint64_t seed)
{
    return seed * UINT64_C(6364136223846793005) % UINT64_C(432000000000000);
}

static void it_computes_the_time_of_the_page(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        enum vmclock_time_type type = seed % 2 == 0 ? VMCLOCK_TIME_TAI : VMCLOCK_TIME_UTC;
        struct vmclock_page page = published(seed, type);
        struct sampled sampled = sampled_after(&page, any_cycles(seed));
        struct answer answer = compute(&sampled);
        uint64_t tai_ns = type == VMCLOCK_TIME_TAI ? 37 * UINT64_C(1000000000) : 0;

        assert_null(refuse(&sampled.page));
        assert_true(answer.is_utc);
        assert_int_equal((uint64_t)answer.sec * 1000000000 + answer.nsec,
                         vmclock_time_ns(vmclock_page_time(&page, sampled.counter)) - tai_ns);
    }
}

static void its_bound_is_that_of_the_page(void **unused)
{
    (void)unused;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct vmclock_page page = published(seed, VMCLOCK_TIME_TAI);
        struct sampled sampled = sampled_after(&page, any_cycles(seed));
        struct answer answer = compute(&sampled);
        uint64_t bound_ns = vmclock_time_ns(vmclock_page_max_error(&page, sampled.counter));

        assert_true(answer.max.is_known && answer.estimated.is_known);
        assert_in_range(answer.max.ns, bound_ns, bound_ns + 1);
        assert_true(answer.estimated.ns < answer.max.ns);
    }
}

static void what_the_page_does_not_bound_is_not_bounded(void **unused)
{
    struct vmclock_page page = published(1, VMCLOCK_TIME_TAI);
    struct sampled sampled;

    (void)unused;
    page.flags &= ~VMCLOCK_FLAG_TIME_MAXERROR_VALID;
    page.flags &= ~VMCLOCK_FLAG_TAI_OFFSET_VALID;
    sampled = sampled_after(&page, 5);
    assert_false(compute(&sampled).max.is_known);
    assert_false(compute(&sampled).is_utc);
    assert_int_equal(compute(&sampled).sec, page.time_sec);
}

static void a_page_without_a_time_is_refused(void **unused)
{
    const struct vmclock_page good = published(1, VMCLOCK_TIME_TAI);
    struct shared_page page;

    (void)unused;
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        page = shared(&good);                                                                      \
        page.field = (value);                                                                      \
        assert_non_null(refuse(&page));                                                            \
    } while (0)
    REFUSED(magic, 0);
    REFUSED(version, 2);
    REFUSED(counter_id, VMCLOCK_COUNTER_INVALID);
    REFUSED(time_type, 2);
    REFUSED(clock_status, VMCLOCK_STATUS_UNKNOWN);
    REFUSED(clock_status, VMCLOCK_STATUS_UNRELIABLE);
    REFUSED(counter_period_shift, 255);
#undef REFUSED
}

static void a_page_that_is_not_being_written_is_taken_with_a_counter(void **unused)
{
    struct vmclock_page good = published(1, VMCLOCK_TIME_TAI);
    struct shared_page page = shared(&good);
    struct sampled sampled = {0};

    (void)unused;
    page.seq_count = 4;
    assert_true(sample(&page, &sampled));
    assert_memory_equal(&sampled.page, &page, sizeof page);
    assert_true(sampled.counter > 0);
}

static struct shared_page device;

/* The page changes just before it is read. */
static ssize_t read_device(int fd, void *bytes, size_t size_bytes, off_t offset)
{
    (void)fd;
    (void)offset;
    device.disruption_marker = 0xabc;
    memcpy(bytes, &device, size_bytes);
    return (ssize_t)size_bytes;
}

/* What has been read does not wake a poll. */
static int poll_device(struct pollfd *polled, nfds_t count, int timeout_ms)
{
    (void)polled;
    (void)count;
    (void)timeout_ms;
    return -1;
}

static void a_watcher_shows_what_it_has_read_before_it_waits_for_more(void **unused)
{
    struct vmclock_page good = published(1, VMCLOCK_TIME_TAI);
    FILE *const terminal = stdout;
    char *text = NULL;
    size_t size_bytes;

    (void)unused;
    device = shared(&good);
    stdout = open_memstream(&text, &size_bytes);
    show_device(DEVICE, -1, &device, true);
    fclose(stdout);
    stdout = terminal;
    assert_non_null(strstr(text, "marker abc"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_computes_the_time_of_the_page),
        cmocka_unit_test(its_bound_is_that_of_the_page),
        cmocka_unit_test(what_the_page_does_not_bound_is_not_bounded),
        cmocka_unit_test(a_page_without_a_time_is_refused),
        cmocka_unit_test(a_page_that_is_not_being_written_is_taken_with_a_counter),
        cmocka_unit_test(a_watcher_shows_what_it_has_read_before_it_waits_for_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
