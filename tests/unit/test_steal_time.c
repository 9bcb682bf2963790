/* SPDX-License-Identifier: BSD-2-Clause */
/* Steal time as a share of guest time. */
#include "tests/unit/unit.h"

#include <string.h>

#include "kvmclock/steal_time.h"

struct rig {
    uint8_t ram[4096] __attribute__((aligned(64)));
    struct steal_time steal;
};

static void *memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    struct rig *rig = ctx;

    return gpa <= sizeof rig->ram && length_bytes <= sizeof rig->ram - gpa ? rig->ram + gpa : NULL;
}

static void rig_init(struct rig *rig, unsigned percent)
{
    memset(rig, 0, sizeof *rig);
    rig->steal = (struct steal_time){
        .memory_at = memory_at, .ctx = rig, .percent = percent, .vcpu_count = 2};
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
    rig_init(&rig, 30);
    assert_true(steal_time_write_msr(&rig.steal, 0, 64 | 1, 1009));
    assert_int_equal(steal_ns(&rig, 64), 302);
    assert_int_equal(version(&rig, 64), 2);
    steal_time_publish(&rig.steal, UINT64_C(400) * 86400 * 1000000000);
    assert_int_equal(steal_ns(&rig, 64), UINT64_C(120) * 86400 * 1000000000);
    assert_int_equal(version(&rig, 64), 4);
}

static void it_never_falls_and_is_one_for_all_vcpus(void **unused)
{
    struct rig rig;
    uint64_t last_ns = 0;

    (void)unused;
    rig_init(&rig, 99);
    assert_true(steal_time_write_msr(&rig.steal, 0, 0 | 1, 0));
    assert_true(steal_time_write_msr(&rig.steal, 1, 128 | 1, 0));
    for (uint64_t now_ns = 0; now_ns < 100000; now_ns += 7) {
        steal_time_publish(&rig.steal, now_ns);
        assert_true(steal_ns(&rig, 0) >= last_ns);
        assert_int_equal(steal_ns(&rig, 128), steal_ns(&rig, 0));
        last_ns = steal_ns(&rig, 0);
        steal_time_publish(&rig.steal, now_ns / 2);
        assert_int_equal(steal_ns(&rig, 0), last_ns);
    }
}

static void reserved_bits_and_what_is_no_ram_are_refused_and_change_nothing(void **unused)
{
    static const uint64_t refused[] = {64 | 3, 64 | 0x21, 4096 | 1, UINT64_MAX - 0x3e};
    struct rig rig;

    (void)unused;
    rig_init(&rig, 10);
    assert_true(steal_time_write_msr(&rig.steal, 0, 64 | 1, 500));
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(steal_time_write_msr(&rig.steal, 0, refused[i], 500));
    assert_int_equal(rig.steal.vcpus[0].msr, 64 | 1);
}

static void a_page_that_is_disabled_is_left_alone(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 10);
    assert_true(steal_time_write_msr(&rig.steal, 0, 64 | 1, 500));
    assert_true(steal_time_write_msr(&rig.steal, 0, 0, 500));
    steal_time_publish(&rig.steal, 1000);
    assert_int_equal(steal_ns(&rig, 64), 50);
}

static void a_version_that_the_guest_made_odd_ends_even(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, 10);
    rig.ram[64 + 8] = 7;
    assert_true(steal_time_write_msr(&rig.steal, 0, 64 | 1, 500));
    assert_int_equal(version(&rig, 64), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_has_the_share_of_guest_time_and_an_even_new_version),
        cmocka_unit_test(it_never_falls_and_is_one_for_all_vcpus),
        cmocka_unit_test(reserved_bits_and_what_is_no_ram_are_refused_and_change_nothing),
        cmocka_unit_test(a_page_that_is_disabled_is_left_alone),
        cmocka_unit_test(a_version_that_the_guest_made_odd_ends_even),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
