/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that is restored on another boot or host: rates, dates, and steps of an advance. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <string.h>

#include "base/time_math.h"
#include "snapshot/host_record.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_tsc.h"

#define MS  UINT64_C(1000000)
#define SEC NS_PER_SEC

static struct restore_rig rig;

static uint64_t realtime_ns(void)
{
    return fake_clock_ns() + fake_clock.realtime_zero_ns;
}

static void set_rate(uint64_t permille)
{
    struct time_record time;
    uint8_t *at = restore_rig_record(&rig, RECORD_TIME, 0, sizeof time);

    memcpy(&time, at, sizeof time);
    time.host_tsc_millihz = time.host_tsc_millihz / 1000 * permille;
    memcpy(at, &time, sizeof time);
}

static void a_host_with_another_rate_is_refused(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    set_rate(1001);
    assert_int_not_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_non_null(strstr(said(), "saved: the guest's TSC has 25024"));
    set_rate(999);
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void set_bound(uint64_t bound_ppt)
{
    uint8_t *at = restore_rig_record(&rig, RECORD_TIME, 0, sizeof(struct time_record));

    memcpy(at + offsetof(struct time_record, bound_ppt), &bound_ppt, sizeof bound_ppt);
}

static void a_rate_that_may_be_the_same_by_its_bound_is_not_another_one(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    set_rate(1001);
    set_bound(600 * UINT64_C(1000000));
    assert_int_not_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    set_bound(1000 * UINT64_C(1000000));
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void a_rate_that_was_not_known_is_not_another_one(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    set_rate(1001);
    set_bound(UINT64_MAX);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void make_with(bool rtc_follows_host, uint32_t tsc_khz)
{
    machine_rig_destroy(&rig.rig);
    machine_rig_begin(&rig.rig);
    rig.rig.config.rtc_follows_host = rtc_follows_host;
    rig.rig.config.tsc_asked = tsc_khz != 0;
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        rig.rig.config.tsc[i].khz = tsc_khz;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    machine_tsc_find_out(&rig.rig.machine);
}

/* The guest's TSC has a rate of its own, and has it on another host as well. */
static void with_tsc_khz_the_rate_of_the_host_may_be_another(void **unused)
{
    (void)unused;
    make_with(false, 2000000);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_host_set_tsc_hz(&fake_clock.host, 3000000000);
    fake_kvm.host_khz = 3000000;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static void be_a_host_of_khz(uint32_t khz)
{
    restore_rig_be_another_boot(&rig);
    fake_host_set_tsc_hz(&fake_clock.host, khz * UINT64_C(1000));
    fake_kvm.host_khz = khz;
}

static void assert_tsc_has_khz(uint32_t khz)
{
    uint64_t tsc[MACHINE_RIG_CPUS], by_ppm = khz / 1000;

    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        tsc[i] = fake_vcpu_tsc(i);
    fake_clock_pass_ns(SEC);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        assert_in_range(fake_vcpu_tsc(i) - tsc[i] + by_ppm, khz * 1000, khz * 1000 + 2 * by_ppm);
}

/* The guest has learnt 2.5 GHz, and keeps that from host to host: one measurement for both vCPUs.
 */
static void where_kvm_scales_a_guests_tsc_keeps_its_rate(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    be_a_host_of_khz(3500000);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_int_equal(fake_kvm_count("kvm_create_vm"), 2);
    assert_tsc_has_khz(2500000);
}

static void save_again(void)
{
    restore_rig_end(&rig);
    restore_rig_save_and_destroy(&rig);
}

/* The second file says of what host it is, and what the guest's rate is there. */
static void and_from_there_to_a_third_host_and_on_the_same_boot(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    be_a_host_of_khz(3500000);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    save_again();
    fake_kvm.host_khz = 3500000;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_tsc_has_khz(2500000);
    save_again();
    be_a_host_of_khz(1500000);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_tsc_has_khz(2500000);
    save_again();
    be_a_host_of_khz(2500000);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_khz"), 0);
    assert_tsc_has_khz(2500000);
}

static void where_kvm_does_not_scale_it_is_refused(void **unused)
{
    (void)unused;
    restore_rig_save_and_destroy(&rig);
    be_a_host_of_khz(3500000);
    fake_kvm.ignores_tsc_khz = true;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), -ENOTSUP);
    assert_non_null(strstr(said(), "saved: the guest's TSC has 2"));
    fake_kvm_reset();
    fake_kvm.host_khz = 3500000;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

/* A rate from a stranger's file is none that a ratio could be made of. */
static void a_rate_that_no_tsc_has_is_not_asked_for(void **unused)
{
    static const uint32_t rates_khz[] = {0, 1, UINT32_MAX};

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    for (unsigned i = 0; i < sizeof rates_khz / sizeof rates_khz[0]; i++) {
        uint8_t *at = restore_rig_record(&rig, RECORD_HOST, 0, sizeof(struct host_record));

        memcpy(at + offsetof(struct host_record, tsc_khz), &rates_khz[i], sizeof rates_khz[i]);
        fake_kvm_reset();
        assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
        assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_khz"), 0);
        machine_destroy(&rig.rig.machine);
    }
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

/* Guest time and kvm-clock are right all the same; only the TSC is the host's. */
static void with_best_effort_a_kvm_that_ignores_offsets_restores_on_another_boot(void **unused)
{
    uint64_t ns;

    (void)unused;
    restore_rig_stop(&rig);
    ns = machine_now(&rig.rig.machine);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_kvm.ignores_tsc_offsets = true;
    rig.rig.host.tsc_best_effort = true;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    assert_int_equal(machine_now(&rig.rig.machine), ns);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
    assert_non_null(strstr(said(), "saved: this KVM ignores TSC offsets, so the guest's TSC goes "
                                   "on with the host's: a guest that keeps time by its TSC goes "
                                   "wrong, one by kvm-clock does not\n"));
}

static unsigned count_in(const char *text, const char *what)
{
    unsigned count = 0;

    for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void with_best_effort_the_rate_of_the_host_may_be_another(void **unused)
{
    const char *text;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    set_rate(1001);
    rig.rig.host.tsc_best_effort = true;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    text = said();
    assert_int_equal(count_in(text, ", and here it has 2"), 1);
    assert_non_null(strstr(text, "saved: the guest's TSC has 25024"));
}

/* The second one had twice the rate of the host. */
static void where_the_vcpus_differ_each_is_named(void **unused)
{
    struct vcpu_time_record record;
    uint8_t *at;
    const char *text;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    set_rate(1001);
    at = restore_rig_record(&rig, RECORD_VCPU_TIME, 1, sizeof record);
    memcpy(&record, at, sizeof record);
    record.ratio_mul *= 2;
    memcpy(at, &record, sizeof record);
    rig.rig.host.tsc_best_effort = true;
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    text = said();
    assert_non_null(strstr(text, "saved: the TSC of vCPU 0 has 25024"));
    assert_non_null(strstr(text, "saved: the TSC of vCPU 1 has 50049"));
}

/* What is tried anew would be refused as it was. */
static void on_the_same_boot_a_rate_that_took_no_effect_is_not_asked_for_again(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig.rig);
    machine_rig_begin(&rig.rig);
    rig.rig.config.tsc_asked = true;
    rig.rig.config.tsc[0].khz = rig.rig.config.tsc[1].khz = 2000000;
    rig.rig.host.tsc_best_effort = true;
    fake_kvm.ignores_tsc_khz = true;
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    machine_tsc_find_out(&rig.rig.machine);
    restore_rig_save_and_destroy(&rig);
    fake_kvm_fail("kvm_vcpu_set_tsc_khz", 0, EINVAL);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

/* The fake KVM offers no AVX-512 VBMI2. */
static void what_the_guest_was_told_of_its_cpu_and_is_not_here_is_named(void **unused)
{
    struct record record;
    struct kvm_cpuid_entry2 entry;
    uint8_t *at;

    (void)unused;
    restore_rig_save_and_destroy(&rig);
    assert_true(record_find(rig.records, rig.size_bytes, RECORD_VCPU_CPUID, 0, &record));
    at = rig.records + (record.bytes - rig.records);
    do {
        memcpy(&entry, at, sizeof entry);
        at += sizeof entry;
    } while (entry.function != 7);
    entry.ecx |= 1u << 6;
    memcpy(at - sizeof entry, &entry, sizeof entry);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
    machine_destroy(&rig.rig.machine);
    fake_kvm_reset();
    restore_rig_be_another_boot(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), -ENOTSUP);
    assert_non_null(
        strstr(said(), "saved: this host lacks what the guest was told of: avx512_vbmi2\n"));
    memset(at - sizeof entry, 0, sizeof entry);
    fake_kvm_reset();
    assert_int_equal(restore_rig_restore_after(&rig, SEC, RESTORE_FREEZE), 0);
}

static uint64_t kvmclock_wall_ns(void)
{
    return rig.rig.machine.board.kvmclock.clock.wiring.wall_zero_ns + restore_rig_guest_ns(&rig);
}

static uint64_t rtc_ns(void)
{
    int64_t shown_ns = 0;

    assert_true(rtc_wall_ns(&rig.rig.machine.board.rtc, restore_rig_guest_ns(&rig), &shown_ns));
    return (uint64_t)shown_ns;
}

static void assert_dates_are_the_hosts(void)
{
    assert_in_range(kvmclock_wall_ns() + MS, realtime_ns(), realtime_ns() + 2 * MS);
    assert_in_range(rtc_ns() + MS, realtime_ns(), realtime_ns() + 2 * MS);
}

static void a_frozen_guest_whose_rtc_follows_the_host_gets_the_hosts_date(void **unused)
{
    (void)unused;
    make_with(true, 0);
    restore_rig_save_and_destroy(&rig);
    assert_int_equal(restore_rig_restore_after(&rig, 100 * SEC, RESTORE_FREEZE), 0);
    assert_dates_are_the_hosts();
}

static void on_another_boot_it_gets_it_too(void **unused)
{
    (void)unused;
    make_with(true, 0);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_clock.realtime_zero_ns += 40 * SEC;
    fake_kvm.create_vm_ns = 80 * MS;
    assert_int_equal(restore_rig_restore_after(&rig, 60 * SEC, RESTORE_FREEZE), 0);
    assert_dates_are_the_hosts();
}

/* A clock of the host that is behind the save takes the guest's dates back, not its time. */
static void nor_does_a_clock_that_is_behind_the_save_change_that(void **unused)
{
    uint64_t ns;

    (void)unused;
    make_with(true, 0);
    restore_rig_stop(&rig);
    ns = restore_rig_guest_ns(&rig);
    restore_rig_save_and_destroy(&rig);
    restore_rig_be_another_boot(&rig);
    fake_clock.realtime_zero_ns -= 1000 * SEC;
    assert_int_equal(restore_rig_restore_after(&rig, 60 * SEC, RESTORE_FREEZE), 0);
    assert_dates_are_the_hosts();
    assert_int_equal(restore_rig_guest_ns(&rig), ns);
}

/* A save between two steps of an advance: the guest has still to run before the next one. */
static void save_between_steps(uint64_t run_left_ns)
{
    struct machine *machine = &rig.rig.machine;

    restore_rig_stop(&rig);
    machine->pause.behind_cycles = 1000 * FAKE_CLOCK_HZ;
    machine->pause.run_left_ns = run_left_ns;
    restore_rig_save_and_destroy(&rig);
}

static void a_freeze_between_two_steps_of_an_advance_leaves_the_guest_its_run(void **unused)
{
    (void)unused;
    save_between_steps(70 * MS);
    assert_int_equal(restore_rig_restore_after(&rig, 60 * SEC, RESTORE_FREEZE), 0);
    assert_true(machine_pause_is_behind(&rig.rig.machine));
    assert_int_equal(machine_pause_due_monotonic_ns(&rig.rig.machine), fake_clock_ns() + 70 * MS);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, restore_rig_setup, restore_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_host_with_another_rate_is_refused),
        TEST(a_rate_that_may_be_the_same_by_its_bound_is_not_another_one),
        TEST(a_rate_that_was_not_known_is_not_another_one),
        TEST(with_tsc_khz_the_rate_of_the_host_may_be_another),
        TEST(where_kvm_scales_a_guests_tsc_keeps_its_rate),
        TEST(and_from_there_to_a_third_host_and_on_the_same_boot),
        TEST(where_kvm_does_not_scale_it_is_refused),
        TEST(a_rate_that_no_tsc_has_is_not_asked_for),
        TEST(with_best_effort_a_kvm_that_ignores_offsets_restores_on_another_boot),
        TEST(with_best_effort_the_rate_of_the_host_may_be_another),
        TEST(where_the_vcpus_differ_each_is_named),
        TEST(on_the_same_boot_a_rate_that_took_no_effect_is_not_asked_for_again),
        TEST(what_the_guest_was_told_of_its_cpu_and_is_not_here_is_named),
        TEST(a_frozen_guest_whose_rtc_follows_the_host_gets_the_hosts_date),
        TEST(on_another_boot_it_gets_it_too),
        TEST(nor_does_a_clock_that_is_behind_the_save_change_that),
        TEST(a_freeze_between_two_steps_of_an_advance_leaves_the_guest_its_run),
    };

    return cmocka_run_group_tests_name("restore_elsewhere", tests, NULL, NULL);
}
