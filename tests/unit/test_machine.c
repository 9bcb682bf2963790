/* SPDX-License-Identifier: BSD-2-Clause */
/* Where time enters the machine, what is read without its lock, and how it ends. */
#include "tests/unit/unit.h"

#include <sys/eventfd.h>

#include "boot/acpi_map.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"

#define MS UINT64_C(1000000)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    return 0;
}

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

static void write_hpet(unsigned reg, uint64_t value)
{
    bus_write(&machine->board.memory, machine_lock_to_change(machine), ACPI_MAP_HPET_GPA + reg, 8,
              value);
    machine_unlock(machine);
}

static uint64_t read_hpet(unsigned reg, unsigned size_bytes)
{
    uint64_t value = bus_read(&machine->board.memory, machine_lock(machine),
                              ACPI_MAP_HPET_GPA + reg, size_bytes);

    machine_unlock(machine);
    return value;
}

static bool read_without_lock(unsigned reg, unsigned size_bytes, uint64_t *value)
{
    return machine_read_without_lock(machine, ACPI_MAP_HPET_GPA + reg, size_bytes, value);
}

static void the_counter_of_the_hpet_reads_the_same_with_and_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    write_hpet(HPET_REG_COUNTER, UINT64_C(0x1234567800000000));
    write_hpet(HPET_REG_CONFIG, 1);
    fake_clock_pass_ns(10 * MS);
    assert_true(read_without_lock(HPET_REG_COUNTER, 8, &value));
    assert_int_equal(value, read_hpet(HPET_REG_COUNTER, 8));
    assert_true((uint32_t)value > 100000);
    assert_true(read_without_lock(HPET_REG_COUNTER, 4, &value));
    assert_int_equal((uint32_t)value, (uint32_t)read_hpet(HPET_REG_COUNTER, 4));
    assert_true(read_without_lock(HPET_REG_COUNTER + 4, 4, &value));
    assert_int_equal((uint32_t)value, 0x12345678);
}

static void no_other_register_is_read_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    assert_false(read_without_lock(HPET_REG_CONFIG, 8, &value));
    assert_false(read_without_lock(HPET_REG_COUNTER - 8, 8, &value));
    assert_false(read_without_lock(HPET_REG_COUNTER + 8, 8, &value));
    assert_false(read_without_lock(HPET_LENGTH_BYTES + HPET_REG_COUNTER, 8, &value));
    assert_false(machine_read_without_lock(machine, HPET_REG_COUNTER, 8, &value));
}

static void while_it_is_being_changed_the_counter_is_not_read_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    machine_lock_to_change(machine);
    assert_false(read_without_lock(HPET_REG_COUNTER, 8, &value));
    machine_publish(machine);
    assert_true(read_without_lock(HPET_REG_COUNTER, 8, &value));
    machine_unlock(machine);
}

static void without_an_hpet_nothing_is_read_without_the_lock(void **unused)
{
    struct machine_rig without;
    uint64_t value;

    (void)unused;
    machine_rig_begin(&without);
    without.config.hpet_timers = 0;
    assert_int_equal(machine_rig_create(&without), 0);
    assert_false(machine_read_without_lock(&without.machine, ACPI_MAP_HPET_GPA + HPET_REG_COUNTER,
                                           8, &value));
    machine_rig_destroy(&without);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_lock_gives_guest_time_as_of_the_hosts_tsc),
        TEST(a_tsc_that_is_behind_on_another_cpu_does_not_take_guest_time_back),
        TEST(the_counter_of_the_hpet_reads_the_same_with_and_without_the_lock),
        TEST(no_other_register_is_read_without_the_lock),
        TEST(while_it_is_being_changed_the_counter_is_not_read_without_the_lock),
        cmocka_unit_test(without_an_hpet_nothing_is_read_without_the_lock),
        TEST(the_first_end_counts_and_makes_the_descriptor_readable_once),
        TEST(a_line_that_is_too_long_is_cut),
    };

    return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
