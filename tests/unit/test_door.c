/* SPDX-License-Identifier: BSD-2-Clause */
/* The door: each access of a guest, at one time each, to ports, memory and MSRs of a machine. */
#include "tests/unit/unit.h"

#include <string.h>

#include "boot/acpi_map.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/log.h"
#include "vmm/machine/door.h"

#define PAGE_GPA 0x2000

static struct machine_rig rig;

static bool pass(enum access_space space, bool is_write, uint64_t addr, unsigned size_bytes,
                 uint64_t *value)
{
    struct access access = {space, is_write, size_bytes, 1, addr, *value};
    bool taken = door_pass(&rig.machine, &access);

    *value = access.value;
    return taken;
}

static uint64_t read_from(enum access_space space, uint64_t addr, unsigned size_bytes)
{
    uint64_t value = 0;

    assert_true(pass(space, false, addr, size_bytes, &value));
    return value;
}

static void write_to(enum access_space space, uint64_t addr, unsigned size_bytes, uint64_t value)
{
    assert_true(pass(space, true, addr, size_bytes, &value));
}

static void ports_memory_and_msrs_go_through_it(void **unused)
{
    (void)unused;
    write_to(ACCESS_PORT, 0x70, 1, 0x0d);
    assert_int_equal(read_from(ACCESS_PORT, 0x71, 1) & 0xff, 0x80);
    assert_int_equal(read_from(ACCESS_MEMORY, ACPI_MAP_HPET_GPA + HPET_REG_CAP_ID, 4) & 0xffffffff,
                     HPET_CAP_ID_LOW(HPET_DEFAULT_TIMERS));
    write_to(ACCESS_MSR, MSR_SYSTEM_TIME, 8, PAGE_GPA | 1);
    assert_int_equal(read_from(ACCESS_MSR, MSR_SYSTEM_TIME_OLD, 8), PAGE_GPA | 1);
}

static void what_nobody_answers_reads_as_ones(void **unused)
{
    (void)unused;
    assert_true(read_from(ACCESS_PORT, 0x300, 4) == UINT64_MAX);
    assert_true(read_from(ACCESS_MEMORY, 0xd0000000, 8) == UINT64_MAX);
    write_to(ACCESS_PORT, 0x300, 4, 1);
    assert_int_equal(rig.machine.board.buses[ACCESS_PORT].unclaimed_count, 2);
    assert_int_equal(rig.machine.board.buses[ACCESS_MEMORY].unclaimed_count, 1);
}

static void write_hpet(unsigned reg, uint64_t value)
{
    write_to(ACCESS_MEMORY, ACPI_MAP_HPET_GPA + reg, 8, value);
}

/* With the lock, as anybody else may do. */
static uint64_t read_hpet(unsigned reg, unsigned size_bytes)
{
    struct access access = {
        .space = ACCESS_MEMORY, .size_bytes = size_bytes, .addr = ACPI_MAP_HPET_GPA + reg};

    board_access(&rig.machine.board, machine_lock(&rig.machine), &access);
    machine_unlock(&rig.machine);
    return access.value;
}

static bool read_without_lock_at(struct machine *machine, uint64_t gpa, unsigned size_bytes,
                                 uint64_t *value)
{
    struct access access = {.space = ACCESS_MEMORY, .size_bytes = size_bytes, .addr = gpa};
    bool taken = door_pass_without_lock(machine, &access);

    *value = access.value;
    return taken;
}

static bool read_without_lock(unsigned reg, unsigned size_bytes, uint64_t *value)
{
    return read_without_lock_at(&rig.machine, ACPI_MAP_HPET_GPA + reg, size_bytes, value);
}

static void only_reads_do_without_the_lock(void **unused)
{
    struct access access = {ACCESS_MEMORY, false, 8, 0, ACPI_MAP_HPET_GPA + HPET_REG_COUNTER, 0};

    (void)unused;
    read_hpet(HPET_REG_COUNTER, 8);
    assert_true(door_pass_without_lock(&rig.machine, &access));
    access.is_write = true;
    assert_false(door_pass_without_lock(&rig.machine, &access));
    access.is_write = false;
    access.space = ACCESS_MSR;
    assert_false(door_pass_without_lock(&rig.machine, &access));
}

static void the_counter_reads_the_same_with_and_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    write_hpet(HPET_REG_COUNTER, UINT64_C(0x1234567800000000));
    write_hpet(HPET_REG_CONFIG, 1);
    fake_clock_pass_ns(10000000);
    assert_true(read_without_lock(HPET_REG_COUNTER, 8, &value));
    assert_int_equal(value, read_hpet(HPET_REG_COUNTER, 8));
    assert_true((uint32_t)value > 100000);
    assert_true(read_without_lock(HPET_REG_COUNTER, 4, &value));
    assert_int_equal((uint32_t)value, (uint32_t)read_hpet(HPET_REG_COUNTER, 4));
    assert_true(read_without_lock(HPET_REG_COUNTER + 4, 4, &value));
    assert_int_equal((uint32_t)value, 0x12345678);
}

/* From then on there is what can be read without the lock. */
static void publish(struct machine *machine)
{
    machine_lock(machine);
    machine_unlock(machine);
    assert_false(live_clock_is_changing(&machine->live));
}

static void no_other_register_is_read_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    publish(&rig.machine);
    assert_false(read_without_lock(HPET_REG_CONFIG, 8, &value));
    assert_false(read_without_lock(HPET_REG_COUNTER - 8, 8, &value));
    assert_false(read_without_lock(HPET_REG_COUNTER + 8, 8, &value));
    assert_false(read_without_lock(HPET_LENGTH_BYTES + HPET_REG_COUNTER, 8, &value));
    assert_false(read_without_lock_at(&rig.machine, HPET_REG_COUNTER, 8, &value));
}

static void while_it_is_being_changed_the_counter_is_not_read_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    machine_lock(&rig.machine);
    machine_now_to_change(&rig.machine);
    assert_false(read_without_lock(HPET_REG_COUNTER, 8, &value));
    machine_publish(&rig.machine);
    assert_true(read_without_lock(HPET_REG_COUNTER, 8, &value));
    machine_unlock(&rig.machine);
}

static void without_an_hpet_nothing_is_read_without_the_lock(void **unused)
{
    struct machine_rig without;
    uint64_t value;

    (void)unused;
    machine_rig_begin(&without);
    without.config.hpet_timers = 0;
    assert_int_equal(machine_rig_create(&without), 0);
    publish(&without.machine);
    assert_false(
        read_without_lock_at(&without.machine, ACPI_MAP_HPET_GPA + HPET_REG_COUNTER, 8, &value));
    machine_rig_destroy(&without);
}

static bool read_pm_without_lock(struct machine *machine, uint32_t reg, unsigned size_bytes,
                                 uint64_t *value)
{
    struct access access = {
        .space = ACCESS_PORT, .size_bytes = size_bytes, .addr = ACPI_MAP_PM_PORT + reg};
    bool taken = door_pass_without_lock(machine, &access);

    *value = access.value;
    return taken;
}

/* With the lock, as anybody else may do. */
static uint64_t read_pm(uint32_t reg, unsigned size_bytes)
{
    struct access access = {
        .space = ACCESS_PORT, .size_bytes = size_bytes, .addr = ACPI_MAP_PM_PORT + reg};

    board_access(&rig.machine.board, machine_lock(&rig.machine), &access);
    machine_unlock(&rig.machine);
    return access.value;
}

static void the_pm_timer_reads_the_same_with_and_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    publish(&rig.machine);
    fake_clock_pass_ns(UINT64_C(3000000000));
    for (uint32_t byte = 0; byte < 4; byte++)
        for (unsigned size = 1; byte + size <= 4; size++) {
            uint64_t mask = (UINT64_C(1) << 8 * size) - 1;

            assert_true(read_pm_without_lock(&rig.machine, ACPI_PM_REG_TMR + byte, size, &value));
            assert_int_equal(value & mask, read_pm(ACPI_PM_REG_TMR + byte, size) & mask);
        }
    assert_true(read_pm_without_lock(&rig.machine, ACPI_PM_REG_TMR, 4, &value));
    assert_in_range((uint32_t)value, 3 * 3579545, 3 * 3579545 + 358000);
    assert_int_equal(read_from(ACCESS_PORT, ACPI_MAP_PM_PORT + ACPI_PM_REG_TMR, 4), value);
}

static void no_other_port_is_read_without_the_lock(void **unused)
{
    uint64_t value;

    (void)unused;
    publish(&rig.machine);
    assert_true(read_pm_without_lock(&rig.machine, ACPI_PM_REG_TMR, 4, &value));
    assert_false(read_pm_without_lock(&rig.machine, ACPI_PM_REG_TMR - 1, 1, &value));
    assert_false(read_pm_without_lock(&rig.machine, ACPI_PM_REG_TMR, 8, &value));
    assert_false(read_pm_without_lock(&rig.machine, ACPI_PM_REG_TMR + 1, 4, &value));
    assert_false(read_pm_without_lock(&rig.machine, ACPI_PM_REG_TMR + 4, 1, &value));
    assert_false(read_pm_without_lock(&rig.machine, ACPI_PM_REG_STS, 2, &value));
}

static void without_a_pm_timer_its_port_is_nobody_s(void **unused)
{
    struct machine_rig without;
    uint64_t value;

    (void)unused;
    machine_rig_begin(&without);
    without.config.pmtimer_bits = 0;
    assert_int_equal(machine_rig_create(&without), 0);
    publish(&without.machine);
    assert_false(read_pm_without_lock(&without.machine, ACPI_PM_REG_TMR, 4, &value));
    machine_rig_destroy(&without);
}

/* Whether an access samples time: the latest that anybody was given is then later than before. */
static bool samples_time(bool is_write, uint64_t port)
{
    uint64_t before_ns = atomic_load(&rig.machine.live.now_ns), value = 0;

    fake_clock_pass_ns(1000);
    assert_true(pass(ACCESS_PORT, is_write, port, 1, &value));
    return atomic_load(&rig.machine.live.now_ns) != before_ns;
}

static void what_has_nothing_to_do_with_time_samples_none(void **unused)
{
    (void)unused;
    assert_false(samples_time(true, 0x80));
    assert_false(samples_time(false, 0x80));
    assert_false(samples_time(false, 0x300));
    assert_false(samples_time(true, 0x300));
    assert_false(samples_time(false, 0x3f8 + SERIAL_REG_LSR));
    assert_true(samples_time(false, 0x3f8 + SERIAL_REG_IIR_FCR));
    assert_true(samples_time(false, 0x40));
    assert_true(samples_time(false, 0x71));
    write_to(ACCESS_PORT, 0x80, 1, 0x5a);
    assert_int_equal(read_from(ACCESS_PORT, 0x80, 1), 0x5a);
}

static void a_string_of_a_port_is_one_access_after_the_other_at_one_time(void **unused)
{
    struct access access = {.space = ACCESS_PORT, .size_bytes = 4, .addr = 0x5c0};
    struct reference_record record;
    struct machine_rig with;

    (void)unused;
    machine_rig_begin(&with);
    with.config.reference = true;
    assert_int_equal(machine_rig_create(&with), 0);
    door_pass_string(&with.machine, &access, &record, REFERENCE_DWORDS);
    assert_int_equal(record.magic, REFERENCE_MAGIC);
    assert_int_equal(record.size_bytes, sizeof record);
    machine_rig_destroy(&with);
}

static void without_a_reference_device_its_port_reads_ones(void **unused)
{
    struct access access = {.space = ACCESS_PORT, .size_bytes = 4, .addr = 0x5c0};
    struct reference_record record, ones;

    (void)unused;
    memset(&ones, 0xff, sizeof ones);
    door_pass_string(&rig.machine, &access, &record, REFERENCE_DWORDS);
    assert_memory_equal(&record, &ones, sizeof ones);
}

static void a_string_that_is_written_is_taken_value_by_value(void **unused)
{
    struct access access = {.space = ACCESS_PORT, .is_write = true, .size_bytes = 1, .addr = 0x70};
    uint8_t indexes[] = {0x0a, 0x0b, 0x0d};

    (void)unused;
    door_pass_string(&rig.machine, &access, indexes, sizeof indexes);
    assert_int_equal(read_from(ACCESS_PORT, 0x71, 1) & 0xff, 0x80);
    assert_int_equal(indexes[0], 0x0a);
    assert_int_equal(indexes[2], 0x0d);
}

static void an_msr_that_is_refused_is_said_and_is_a_fault(void **unused)
{
    uint64_t value = 0x2002 | 1;

    (void)unused;
    log_set_verbose(true);
    assert_false(pass(ACCESS_MSR, true, MSR_SYSTEM_TIME, 8, &value));
    log_set_verbose(false);
    assert_non_null(strstr(said(), "MSR 0x4b564d01 on vCPU 1: 0x2003 is not 4-byte aligned RAM"));
    assert_int_equal(read_from(ACCESS_MSR, MSR_SYSTEM_TIME, 8), 0);
}

static void the_tsc_of_a_vcpu_moves_and_its_adjustment_with_it(void **unused)
{
    uint64_t before = fake_vcpu_tsc(1);

    (void)unused;
    write_to(ACCESS_MSR, MSR_TSC_ADJUST, 8, UINT64_C(1) << 40);
    assert_in_range(fake_vcpu_tsc(1) - before, UINT64_C(1) << 40,
                    (UINT64_C(1) << 40) + UINT64_C(1000000000));
    assert_int_equal(fake_vcpu_msr(1, MSR_TSC_ADJUST), UINT64_C(1) << 40);
    assert_int_equal(fake_vcpu_msr(0, MSR_TSC_ADJUST), 0);
    write_to(ACCESS_MSR, MSR_TSC, 8, 0);
    assert_in_range(fake_vcpu_tsc(1), 0, 1000000);
    assert_true(fake_vcpu_msr(1, MSR_TSC_ADJUST) != UINT64_C(1) << 40);
}

static void kvm_is_told_of_the_msrs_of_the_board(void **unused)
{
    struct machine_rig other;

    (void)unused;
    machine_rig_begin(&other);
    assert_int_equal(machine_rig_create(&other), 0);
    assert_non_null(
        strstr(fake_kvm_calls(), "kvm_capture_msrs 0x11+2rw 0x4b564d00+2rw 0x10+1w 0x3b+1w"));
    machine_rig_destroy(&other);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup_made, machine_rig_teardown,   \
                                             &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ports_memory_and_msrs_go_through_it),
        TEST(what_nobody_answers_reads_as_ones),
        TEST(only_reads_do_without_the_lock),
        TEST(the_counter_reads_the_same_with_and_without_the_lock),
        TEST(the_pm_timer_reads_the_same_with_and_without_the_lock),
        TEST(no_other_port_is_read_without_the_lock),
        cmocka_unit_test(without_a_pm_timer_its_port_is_nobody_s),
        TEST(what_has_nothing_to_do_with_time_samples_none),
        TEST(no_other_register_is_read_without_the_lock),
        TEST(while_it_is_being_changed_the_counter_is_not_read_without_the_lock),
        cmocka_unit_test(without_an_hpet_nothing_is_read_without_the_lock),
        cmocka_unit_test(a_string_of_a_port_is_one_access_after_the_other_at_one_time),
        TEST(without_a_reference_device_its_port_reads_ones),
        TEST(a_string_that_is_written_is_taken_value_by_value),
        TEST(an_msr_that_is_refused_is_said_and_is_a_fault),
        TEST(the_tsc_of_a_vcpu_moves_and_its_adjustment_with_it),
        cmocka_unit_test(kvm_is_told_of_the_msrs_of_the_board),
    };

    return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
