/* SPDX-License-Identifier: BSD-2-Clause */
/* Where time enters the machine, and how it ends. */
#include "tests/unit/unit.h"

#include <sys/eventfd.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"

#define MS UINT64_C(1000000)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static uint64_t lock_and_unlock(void)
{
    uint64_t now_ns = machine_lock(machine);

    machine_unlock(machine);
    return now_ns;
}

/* Guest time runs at the host's rate as it was measured: 1 us is what 10 ms may be off by. */
static void the_lock_gives_guest_time_as_of_the_hosts_tsc(void **unused)
{
    uint64_t before_ns = lock_and_unlock();

    (void)unused;
    assert_int_equal(lock_and_unlock(), before_ns);
    fake_clock_pass_ns(10 * MS);
    assert_in_range(lock_and_unlock() - before_ns, 10 * MS - 1000, 10 * MS + 1000);
}

static void a_tsc_that_is_behind_on_another_cpu_does_not_take_guest_time_back(void **unused)
{
    uint64_t latest_ns, later_ns;

    (void)unused;
    fake_clock_pass_ns(10 * MS);
    latest_ns = lock_and_unlock();
    fake_clock.host.tsc_then -= FAKE_CLOCK_HZ / 1000;
    assert_int_equal(lock_and_unlock(), latest_ns);
    assert_int_equal(machine_now(machine), latest_ns);
    fake_clock_pass_ns(2 * MS);
    later_ns = lock_and_unlock();
    assert_in_range(later_ns - latest_ns, MS - 1000, MS + 1000);
}

static void the_first_end_counts_and_makes_the_descriptor_readable_once(void **unused)
{
    eventfd_t times;

    (void)unused;
    assert_false(machine_is_ending(machine));
    assert_int_equal(eventfd_read(machine->end_fd, &times), -1);
    machine_end(machine, EXIT_STATUS_GUEST_CRASH, "vCPU %u", 3);
    machine_end(machine, EXIT_STATUS_OK, "%s", "");
    assert_true(machine_is_ending(machine));
    assert_int_equal(machine->end_status, EXIT_STATUS_GUEST_CRASH);
    assert_string_equal(machine->end_text, "vCPU 3");
    assert_int_equal(eventfd_read(machine->end_fd, &times), 0);
    assert_int_equal(times, 1);
}

static void a_line_that_is_too_long_is_cut(void **unused)
{
    (void)unused;
    machine_end(machine, EXIT_STATUS_OK, "%0*d", 2 * MACHINE_END_TEXT_SIZE, 1);
    assert_int_equal(machine->end_text[MACHINE_END_TEXT_SIZE - 2], '0');
    assert_int_equal(machine->end_text[MACHINE_END_TEXT_SIZE - 1], '\0');
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup_made, machine_rig_teardown,   \
                                             &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_lock_gives_guest_time_as_of_the_hosts_tsc),
        TEST(a_tsc_that_is_behind_on_another_cpu_does_not_take_guest_time_back),
        TEST(the_first_end_counts_and_makes_the_descriptor_readable_once),
        TEST(a_line_that_is_too_long_is_cut),
    };

    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
