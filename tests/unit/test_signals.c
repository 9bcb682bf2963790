/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals that wait to be read. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "vmm/host/signals.h"

static int fd;

static int setup(void **unused)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGUSR1};

    (void)unused;
    fd = signals_open(taken, sizeof taken / sizeof taken[0], 0);
    return fd < 0;
}

static int teardown(void **unused)
{
    (void)unused;
    signals_close(fd);
    return 0;
}

static void sigterm_and_sigint_end_a_run_and_sigusr1_does_not(void **unused)
{
    (void)unused;
    assert_false(signals_end_is_pending());
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    assert_false(signals_end_is_pending());
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_true(signals_end_is_pending());
}

static void one_that_is_read_does_not_wait_any_more(void **unused)
{
    char info[128];

    (void)unused;
    assert_int_equal(kill(getpid(), SIGINT), 0);
    assert_true(signals_end_is_pending());
    assert_int_equal(read(fd, info, sizeof info), sizeof info);
    assert_false(signals_end_is_pending());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sigterm_and_sigint_end_a_run_and_sigusr1_does_not),
        TEST(one_that_is_read_does_not_wait_any_more),
    };

    return cmocka_run_group_tests_name("signals", tests, NULL, NULL);
}
