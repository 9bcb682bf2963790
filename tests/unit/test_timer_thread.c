/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer thread of a whole machine, by clocks that the test moves. */
#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/host_clock.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/timer_thread.h"

#define MS UINT64_C(1000000)

static struct machine_rig rig;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    assert_int_equal(timer_thread_start(&rig.machine), 0);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    return 0;
}

static uint64_t guest_ns(void)
{
    uint64_t now_ns = machine_lock(&rig.machine);

    machine_unlock(&rig.machine);
    return now_ns;
}

/* For so long, with every update when the thread has asked to be woken for it. */
static void run_ms(unsigned ms)
{
    uint64_t end_ns = host_monotonic_ns() + ms * MS;

    while (host_monotonic_ns() < end_ns) {
        unsigned waits = fake_clock_waits();
        uint64_t now_ns = host_monotonic_ns();
        uint64_t until_ns = fake_clock_await_wait(waits);

        if (until_ns > end_ns)
            break;
        fake_clock_advance_ns(until_ns > now_ns ? until_ns - now_ns : 0);
        fake_clock_await_wait(waits + 1);
    }
}

static void guest_time_follows_the_host_s_clock_although_the_tsc_has_fallen_back(void **unused)
{
    uint64_t before_ns, fell_ns;

    (void)unused;
    run_ms(3000);
    before_ns = guest_ns();
    fell_ns = host_monotonic_ns();
    fake_host_set_tsc(&fake_clock.host, 1000);
    assert_int_equal(guest_ns(), before_ns);
    run_ms(5000);
    assert_non_null(strstr(said(), "has fallen back"));
    assert_in_range(guest_ns() - before_ns, host_monotonic_ns() - fell_ns - MS,
                    host_monotonic_ns() - fell_ns + MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            guest_time_follows_the_host_s_clock_although_the_tsc_has_fallen_back, setup, teardown),
    };

    return cmocka_run_group_tests_name("timer_thread", tests, NULL, NULL);
}
