/* SPDX-License-Identifier: BSD-2-Clause */
/* Steal time as a share of guest time: its MSR, its pages and their timer. */
#include "tests/unit/unit.h"

#include <string.h>

#include "devices/msr/steal_msr.h"
#include "kvmclock/steal_time.h"
#include "tests/unit/snapshot.h"

#define PERIOD_NS STEAL_MSR_PERIOD_NS
#define DAY_NS    (UINT64_C(86400) * 1000000000)

struct rig {
    uint8_t ram[4096] __attribute__((aligned(64)));
    struct timerq timers;
    struct steal_msr steal;
    unsigned refusals;
};

static void *memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    struct rig *rig = ctx;

    return gpa <= sizeof rig->ram && length_bytes <= sizeof rig->ram - gpa ? rig->ram + gpa : NULL;
}

static void on_refused(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct rig *rig = ctx;

    (void)vcpu;
    (void)value;
    assert_int_equal(msr, MSR_STEAL_TIME);
    rig->refusals++;
}

static void rig_init(struct rig *rig, unsigned percent, unsigned vcpu_count)
{
    const struct steal_msr_wiring wiring = {
        .timers = &rig->timers,
        .percent = percent,
        .vcpu_count = vcpu_count,
        .memory_at = memory_at,
        .refused = on_refused,
        .ctx = rig,
    };

    memset(rig, 0, sizeof *rig);
    steal_msr_init(&rig->steal, &wiring, 0);
}

static bool write_msr(struct rig *rig, unsigned vcpu, uint64_t value, uint64_t now_ns)
{
    struct device *dev = &rig->steal.dev;

    timerq_run(&rig->timers, now_ns);
    return dev->ops->write_msr(dev, now_ns, vcpu, MSR_STEAL_TIME, value);
}

static uint64_t read_msr(struct rig *rig, unsigned vcpu)
{
    struct device *dev = &rig->steal.dev;
    uint64_t value;

    assert_true(dev->ops->read_msr(dev, 0, vcpu, MSR_STEAL_TIME, &value));
    return value;
}

static uint64_t steal_ns(const struct rig *rig, uint64_t gpa)
{
    uint64_t value;

    memcpy(&value, rig->ram + gpa, sizeof value);
    return value;
}

static uint32_t version(const struct rig *rig, uint64_t gpa)
{
    uint32_t value;

    memcpy(&value, rig->ram + gpa + 8, sizeof value);
    return value;
}

static void a_page_has_the_share_of_guest_time_and_an_even_new_version(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 30, 2);
    assert_true(write_msr(&rig, 0, 64 | 1, 1009));
    assert_int_equal(steal_ns(&rig, 64), 302);
    assert_int_equal(version(&rig, 64), 2);
    assert_true(write_msr(&rig, 1, 0, 400 * DAY_NS));
    assert_int_equal(steal_ns(&rig, 64), 120 * DAY_NS);
    assert_int_equal(version(&rig, 64), 6);
}

static void it_is_written_each_period_and_late_once_as_of_the_latest(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 50, 2);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
    assert_true(write_msr(&rig, 0, 64 | 1, 100));
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 100 + PERIOD_NS);
    timerq_run(&rig.timers, 100 + PERIOD_NS);
    assert_int_equal(steal_ns(&rig, 64), (100 + PERIOD_NS) / 2);
    timerq_run(&rig.timers, 177 + 7 * PERIOD_NS);
    assert_int_equal(steal_ns(&rig, 64), (100 + 7 * PERIOD_NS) / 2);
    assert_int_equal(version(&rig, 64), 6);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), 100 + 8 * PERIOD_NS);
}

static void it_never_falls_and_is_one_for_all_vcpus(void **unused)
{
    struct rig rig;
    uint64_t last_ns = 0;

    (void)unused;
    rig_init(&rig, 99, 2);
    assert_true(write_msr(&rig, 0, 0 | 1, 0));
    for (uint64_t now_ns = 0; now_ns < 20 * PERIOD_NS; now_ns += PERIOD_NS / 7) {
        assert_true(write_msr(&rig, 1, 128 | 1, now_ns));
        assert_true(steal_ns(&rig, 0) >= last_ns);
        assert_int_equal(steal_ns(&rig, 128), steal_ns(&rig, 0));
        last_ns = steal_ns(&rig, 0);
    }
}

static void reserved_bits_and_what_is_no_ram_are_refused_and_change_nothing(void **unused)
{
    static const uint64_t refused[] = {64 | 3, 64 | 0x21, 4096 | 1, UINT64_MAX - 0x3e};
    struct rig rig;

    (void)unused;
    rig_init(&rig, 10, 2);
    assert_true(write_msr(&rig, 0, 64 | 1, 500));
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(write_msr(&rig, 0, refused[i], 500));
    assert_int_equal(rig.refusals, 4);
    assert_int_equal(read_msr(&rig, 0), 64 | 1);
    assert_int_equal(read_msr(&rig, 1), 0);
}

static void a_page_that_is_disabled_is_left_alone(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 10, 2);
    assert_true(write_msr(&rig, 0, 64 | 1, 500));
    assert_true(write_msr(&rig, 0, 0, 500));
    timerq_run(&rig.timers, 10 * PERIOD_NS);
    assert_int_equal(steal_ns(&rig, 64), 50);
}

static void a_version_that_the_guest_made_odd_ends_even(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 10, 2);
    rig.ram[64 + 8] = 7;
    assert_true(write_msr(&rig, 0, 64 | 1, 500));
    assert_int_equal(version(&rig, 64), 10);
}

static void a_loaded_one_goes_on_with_the_same_pages_at_the_same_times(void **unused)
{
    struct steal_msr_state state;
    struct rig rig, loaded;
    const uint64_t now_ns = 100 + 5 * PERIOD_NS / 2;

    (void)unused;
    rig_init(&rig, 40, 2);
    assert_true(write_msr(&rig, 1, 192 | 1, 100));
    timerq_run(&rig.timers, now_ns);
    device_save(&rig.steal.dev, &state);
    rig_init(&loaded, 40, 2);
    memcpy(loaded.ram, rig.ram, sizeof rig.ram);
    assert_int_equal(device_load(&loaded.steal.dev, now_ns, &state), 0);
    assert_memory_equal(loaded.ram, rig.ram, sizeof rig.ram);
    assert_int_equal(read_msr(&loaded, 1), 192 | 1);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t deadline_ns = timerq_next_deadline_ns(&rig.timers);

        assert_int_equal(timerq_next_deadline_ns(&loaded.timers), deadline_ns);
        timerq_run(&rig.timers, deadline_ns);
        timerq_run(&loaded.timers, deadline_ns);
        assert_memory_equal(loaded.ram, rig.ram, sizeof rig.ram);
    }
}

static void a_reset_disables_all_and_stops_the_timer(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 40, 2);
    assert_true(write_msr(&rig, 0, 64 | 1, 100));
    rig.steal.dev.ops->reset(&rig.steal.dev, 200);
    assert_int_equal(read_msr(&rig, 0), 0);
    assert_int_equal(timerq_next_deadline_ns(&rig.timers), TIME_NEVER_NS);
}

static void a_state_that_cannot_be_is_refused(void **unused)
{
    static const struct poke refused[] = {
        POKE(steal_msr_state, next_ns, 1000),
        POKE(steal_msr_state, next_ns, 1001 + PERIOD_NS),
        POKE(steal_msr_state, next_ns, TIME_NEVER_NS),
        POKE(steal_msr_state, msrs[0], 64 | 3),
        POKE(steal_msr_state, msrs[1], 4096 | 1),
        POKE(steal_msr_state, msrs[2], 64 | 1),
        POKE(steal_msr_state, msrs[KVMCLOCK_MAX_VCPUS - 1], 64),
        POKE_END,
    };
    static const struct poke taken[] = {
        POKE(steal_msr_state, next_ns, 1001), POKE(steal_msr_state, next_ns, 1000 + PERIOD_NS),
        POKE(steal_msr_state, msrs[0], 0),    POKE(steal_msr_state, msrs[1], (4096 - 64) | 1),
        POKE(steal_msr_state, msrs[1], 4096), POKE_END,
    };
    struct rig rig;

    (void)unused;
    rig_init(&rig, 40, 2);
    assert_true(write_msr(&rig, 0, 64 | 1, 1000));
    assert_refused(&rig.steal.dev, &rig.timers, 1000, refused);
    assert_taken(&rig.steal.dev, 1000, taken);
}

static void random_states_do_no_harm(void **unused)
{
    static const uint32_t msrs[] = {MSR_STEAL_TIME};
    struct rig rig;

    (void)unused;
    rig_init(&rig, 40, KVMCLOCK_MAX_VCPUS);
    assert_true(write_msr(&rig, 0, 64 | 1, 1000));
    sweep_random_msr_states(&rig.steal.dev, &rig.timers, 1000,
                            &(struct msr_target){msrs, 1, KVMCLOCK_MAX_VCPUS});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_has_the_share_of_guest_time_and_an_even_new_version),
        cmocka_unit_test(it_is_written_each_period_and_late_once_as_of_the_latest),
        cmocka_unit_test(it_never_falls_and_is_one_for_all_vcpus),
        cmocka_unit_test(reserved_bits_and_what_is_no_ram_are_refused_and_change_nothing),
        cmocka_unit_test(a_page_that_is_disabled_is_left_alone),
        cmocka_unit_test(a_version_that_the_guest_made_odd_ends_even),
        cmocka_unit_test(a_loaded_one_goes_on_with_the_same_pages_at_the_same_times),
        cmocka_unit_test(a_reset_disables_all_and_stops_the_timer),
        cmocka_unit_test(a_state_that_cannot_be_is_refused),
        cmocka_unit_test(random_states_do_no_harm),
    };

    return cmocka_run_group_tests_name("steal_msr", tests, NULL, NULL);
}
