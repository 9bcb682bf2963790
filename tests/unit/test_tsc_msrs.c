/* SPDX-License-Identifier: BSD-2-Clause */
/* IA32_TSC and IA32_TSC_ADJUST as a guest writes them. */
#include "tests/unit/unit.h"

#include <string.h>

#include "devices/msr/tsc_msrs.h"
#include "tests/unit/snapshot.h"

#define CPUS 2

struct rig {
    struct tsc_msrs msrs;
    uint64_t host_tsc;
    struct guest_tsc tscs[KVMCLOCK_MAX_VCPUS];
    uint64_t adjusts[KVMCLOCK_MAX_VCPUS];
    bool is_ignored;
    bool fails;
    unsigned sets;
};

static bool begin(void *ctx, unsigned vcpu, uint32_t msr, uint64_t *host_tsc, struct guest_tsc *tsc)
{
    struct rig *rig = ctx;

    assert_true(msr == MSR_TSC || msr == MSR_TSC_ADJUST);
    *host_tsc = rig->host_tsc;
    *tsc = rig->tscs[vcpu];
    return !rig->is_ignored;
}

static bool set(void *ctx, unsigned vcpu, const struct guest_tsc *tsc, uint64_t adjust)
{
    struct rig *rig = ctx;

    rig->sets++;
    if (rig->fails)
        return false;
    rig->tscs[vcpu] = *tsc;
    rig->adjusts[vcpu] = adjust;
    return true;
}

static void rig_init(struct rig *rig, unsigned vcpu_count)
{
    memset(rig, 0, sizeof *rig);
    rig->host_tsc = 1000000;
    for (unsigned i = 0; i < KVMCLOCK_MAX_VCPUS; i++)
        rig->tscs[i] = (struct guest_tsc){TSC_RATIO_ONE, (uint64_t)0 - 999000};
    tsc_msrs_init(&rig->msrs, &(struct tsc_msrs_wiring){vcpu_count, begin, set, rig}, 0);
}

static void write_msr(struct rig *rig, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct device *dev = &rig->msrs.dev;

    assert_true(dev->ops->write_msr(dev, 0, vcpu, msr, value));
}

static uint64_t tsc_of(const struct rig *rig, unsigned vcpu)
{
    return guest_tsc_at(&rig->tscs[vcpu], rig->host_tsc);
}

/* The example of tsc_msrs.h. */
static void a_write_to_either_adds_to_the_other_what_it_adds_to_its_own(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS);
    assert_int_equal(tsc_of(&rig, 1), 1000);
    write_msr(&rig, 1, MSR_TSC, 5000);
    assert_int_equal(tsc_of(&rig, 1), 5000);
    assert_int_equal(rig.adjusts[1], 4000);
    rig.host_tsc += 70;
    write_msr(&rig, 1, MSR_TSC_ADJUST, 0);
    assert_int_equal(tsc_of(&rig, 1), 1070);
    assert_int_equal(rig.adjusts[1], 0);
    assert_int_equal(tsc_of(&rig, 0), 1070);
}

static void both_go_below_zero_and_around(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS);
    write_msr(&rig, 0, MSR_TSC_ADJUST, (uint64_t)0 - 1500);
    assert_true(tsc_of(&rig, 0) == (uint64_t)0 - 500);
    write_msr(&rig, 0, MSR_TSC, 0);
    assert_true(rig.adjusts[0] == (uint64_t)0 - 1000);
}

static void what_the_host_ignores_or_fails_to_do_changes_nothing(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS);
    write_msr(&rig, 0, MSR_TSC_ADJUST, 300);
    rig.is_ignored = true;
    write_msr(&rig, 0, MSR_TSC, 0);
    assert_int_equal(rig.sets, 1);
    rig.is_ignored = false;
    rig.fails = true;
    write_msr(&rig, 0, MSR_TSC, 0);
    rig.fails = false;
    write_msr(&rig, 0, MSR_TSC_ADJUST, 310);
    assert_int_equal(tsc_of(&rig, 0), 1310);
}

static void a_loaded_one_goes_on_with_its_adjustments(void **unused)
{
    struct tsc_msrs_state state;
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS);
    write_msr(&rig, 1, MSR_TSC_ADJUST, 250);
    device_save(&rig.msrs.dev, &state);
    tsc_msrs_init(&rig.msrs, &rig.msrs.wiring, 0);
    assert_int_equal(device_load(&rig.msrs.dev, 5, &state), 0);
    write_msr(&rig, 1, MSR_TSC_ADJUST, 260);
    assert_int_equal(tsc_of(&rig, 1), 1260);
}

static void only_vcpus_that_are_there_have_a_state(void **unused)
{
    static const struct poke refused[] = {
        POKE(tsc_msrs_state, adjust[CPUS], 1),
        POKE(tsc_msrs_state, adjust[KVMCLOCK_MAX_VCPUS - 1], UINT64_MAX),
        POKE_END,
    };
    static const struct poke taken[] = {
        POKE(tsc_msrs_state, adjust[CPUS - 1], UINT64_MAX),
        POKE_END,
    };
    static const struct timerq no_timers;
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS);
    assert_refused(&rig.msrs.dev, &no_timers, 1, refused);
    assert_taken(&rig.msrs.dev, 1, taken);
}

static void random_states_do_no_harm(void **unused)
{
    static const uint32_t msrs[] = {MSR_TSC, MSR_TSC_ADJUST};
    struct timerq no_timers = {0};
    struct rig rig;

    (void)unused;
    rig_init(&rig, KVMCLOCK_MAX_VCPUS - 1);
    sweep_random_msr_states(&rig.msrs.dev, &no_timers, 1000,
                            &(struct msr_target){msrs, 2, KVMCLOCK_MAX_VCPUS - 1});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_to_either_adds_to_the_other_what_it_adds_to_its_own),
        cmocka_unit_test(both_go_below_zero_and_around),
        cmocka_unit_test(what_the_host_ignores_or_fails_to_do_changes_nothing),
        cmocka_unit_test(a_loaded_one_goes_on_with_its_adjustments),
        cmocka_unit_test(only_vcpus_that_are_there_have_a_state),
        cmocka_unit_test(random_states_do_no_harm),
    };

    return cmocka_run_group_tests_name("tsc_msrs", tests, NULL, NULL);
}
