/* SPDX-License-Identifier: BSD-2-Clause */
/* kvm-clock's MSRs as a device: what is refused, and what goes on after a load. */
#include "tests/unit/unit.h"

#include <string.h>

#include "devices/msr/kvmclock_msrs.h"
#include "tests/unit/kvmclock_rig.h"
#include "tests/unit/snapshot.h"

#define CPUS      2
#define PAGE0_GPA 0x100
#define PAGE1_GPA 0x200

struct rig {
    uint8_t ram[4096] __attribute__((aligned(8)));
    uint64_t host_tsc;
    struct timebase timebase;
    struct guest_tsc tscs[KVMCLOCK_MAX_VCPUS];
    struct kvmclock_msrs msrs;
    unsigned refusals;
    bool cannot_tell;
};

static const struct timerq no_timers;

static void *memory_at(void *ctx, uint64_t gpa, uint64_t length_bytes)
{
    struct rig *rig = ctx;

    return gpa <= sizeof rig->ram && length_bytes <= sizeof rig->ram - gpa ? rig->ram + gpa : NULL;
}

static uint64_t host_tsc(void *ctx)
{
    return ((struct rig *)ctx)->host_tsc;
}

static bool get_tsc(void *ctx, unsigned vcpu, struct guest_tsc *tsc)
{
    struct rig *rig = ctx;

    *tsc = rig->tscs[vcpu];
    return !rig->cannot_tell;
}

static void on_refused(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct rig *rig = ctx;

    (void)vcpu;
    (void)value;
    assert_true(kvmclock_owns_msr(msr));
    rig->refusals++;
}

static void rig_init(struct rig *rig, unsigned vcpu_count, bool tsc_stable)
{
    const struct kvmclock_msrs_wiring wiring = {
        .clock = {memory_at, host_tsc, rig, &rig->timebase, UINT64_C(1700000000000000000)},
        .vcpu_count = vcpu_count,
        .tsc_stable = tsc_stable,
        .get_tsc = get_tsc,
        .refused = on_refused,
        .ctx = rig,
    };

    memset(rig, 0, sizeof *rig);
    rig->host_tsc = 5000;
    rig->timebase = timebase_start(1000, 7, pvclock_scale_from_ratio(1, 2), TSC_RATIO_ONE);
    for (unsigned i = 0; i < KVMCLOCK_MAX_VCPUS; i++)
        rig->tscs[i] = host_tsc_alone;
    kvmclock_msrs_init(&rig->msrs, &wiring, 0);
}

static bool write_msr(struct rig *rig, unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct device *dev = &rig->msrs.dev;

    return dev->ops->write_msr(dev, 7, vcpu, msr, value);
}

static uint64_t read_msr(struct rig *rig, unsigned vcpu, uint32_t msr)
{
    struct device *dev = &rig->msrs.dev;
    uint64_t value;

    assert_true(dev->ops->read_msr(dev, 7, vcpu, msr, &value));
    return value;
}

static const struct pvclock_page *page_at(const struct rig *rig, uint64_t gpa)
{
    return (const struct pvclock_page *)(rig->ram + gpa);
}

/* Both vCPUs have a page, and the wall clock one. */
static void enable_all(struct rig *rig)
{
    assert_true(write_msr(rig, 0, MSR_SYSTEM_TIME, PAGE0_GPA | 1));
    assert_true(write_msr(rig, 1, MSR_SYSTEM_TIME_OLD, PAGE1_GPA | 1));
    assert_true(write_msr(rig, 1, MSR_WALL_CLOCK, 0x300));
}

/* What a vCPU's page says at a host TSC. */
static uint64_t page_ns(const struct rig *rig, unsigned vcpu, uint64_t gpa, uint64_t tsc)
{
    const struct pvclock_page *page = page_at(rig, gpa);
    struct pvclock_scale scale = {page->tsc_to_system_mul, page->tsc_shift};

    return page->system_time_ns +
           pvclock_scale_ns(scale, guest_tsc_at(&rig->tscs[vcpu], tsc) - page->tsc_timestamp);
}

static void save_and_load(struct rig *to, const struct rig *from)
{
    struct kvmclock_state state;

    device_save(&from->msrs.dev, &state);
    memcpy(to->ram, from->ram, sizeof to->ram);
    assert_int_equal(device_load(&to->msrs.dev, 7, &state), 0);
}

static void each_msr_reads_as_it_was_written_by_either_number(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS, true);
    enable_all(&rig);
    assert_int_equal(read_msr(&rig, 0, MSR_SYSTEM_TIME_OLD), PAGE0_GPA | 1);
    assert_int_equal(read_msr(&rig, 1, MSR_SYSTEM_TIME), PAGE1_GPA | 1);
    assert_int_equal(read_msr(&rig, 0, MSR_WALL_CLOCK_OLD), 0x300);
    assert_int_equal(rig.refusals, 0);
}

static void a_value_that_names_no_aligned_ram_is_refused_and_told(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS, true);
    enable_all(&rig);
    assert_false(write_msr(&rig, 0, MSR_SYSTEM_TIME, PAGE0_GPA | 3));
    assert_false(write_msr(&rig, 0, MSR_SYSTEM_TIME, 0x10000 | 1));
    assert_false(write_msr(&rig, 0, MSR_WALL_CLOCK, 2));
    assert_int_equal(rig.refusals, 3);
    assert_int_equal(read_msr(&rig, 0, MSR_SYSTEM_TIME), PAGE0_GPA | 1);
}

static void without_the_vcpus_tsc_there_is_no_page(void **unused)
{
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS, true);
    rig.cannot_tell = true;
    assert_false(write_msr(&rig, 0, MSR_SYSTEM_TIME, PAGE0_GPA | 1));
    assert_int_equal(read_msr(&rig, 0, MSR_SYSTEM_TIME), 0);
}

/* On another host, with another TSC and another rate: the page goes on from guest time. */
static void after_a_load_the_pages_show_guest_time_by_the_tscs_there(void **unused)
{
    struct rig rig, loaded;

    (void)unused;
    rig_init(&rig, CPUS, true);
    enable_all(&rig);
    rig_init(&loaded, CPUS, true);
    loaded.timebase = timebase_start(900000, 4000, pvclock_scale_from_ratio(1, 3), TSC_RATIO_ONE);
    for (unsigned i = 0; i < CPUS; i++)
        loaded.tscs[i] = host_tsc_with_offset(123);
    save_and_load(&loaded, &rig);
    for (uint64_t tsc = 900000; tsc < 990000; tsc += 777) {
        uint64_t ns = timebase_ns(&loaded.timebase, tsc);

        assert_in_range(page_ns(&loaded, 0, PAGE0_GPA, tsc), ns - 1, ns + 1);
        assert_int_equal(page_ns(&loaded, 1, PAGE1_GPA, tsc), page_ns(&loaded, 0, PAGE0_GPA, tsc));
    }
    assert_int_equal(page_at(&loaded, PAGE0_GPA)->version % 2, 0);
    assert_int_equal(page_at(&loaded, PAGE0_GPA)->flags, PVCLOCK_TSC_STABLE);
    assert_int_equal(read_msr(&loaded, 0, MSR_WALL_CLOCK), 0x300);
}

static void tsc_stable_ends_with_a_load_where_it_does_not_hold(void **unused)
{
    struct rig rig, loaded;

    (void)unused;
    rig_init(&rig, CPUS, true);
    enable_all(&rig);
    rig_init(&loaded, CPUS, false);
    save_and_load(&loaded, &rig);
    assert_int_equal(page_at(&loaded, PAGE0_GPA)->flags, 0);
    rig_init(&loaded, CPUS, true);
    loaded.tscs[1] = host_tsc_with_offset(1);
    save_and_load(&loaded, &rig);
    assert_int_equal(page_at(&loaded, PAGE0_GPA)->flags, 0);
    assert_int_equal(page_at(&loaded, PAGE1_GPA)->flags, 0);
}

static void tsc_stable_that_has_ended_does_not_come_back_with_a_load(void **unused)
{
    struct rig rig, loaded;

    (void)unused;
    rig_init(&rig, CPUS, false);
    enable_all(&rig);
    rig_init(&loaded, CPUS, true);
    save_and_load(&loaded, &rig);
    assert_int_equal(page_at(&loaded, PAGE0_GPA)->flags, 0);
}

static void a_reset_leaves_the_old_pages_alone(void **unused)
{
    struct rig rig;
    uint8_t before[sizeof rig.ram];

    (void)unused;
    rig_init(&rig, CPUS, true);
    enable_all(&rig);
    rig.msrs.dev.ops->reset(&rig.msrs.dev, 8);
    assert_int_equal(read_msr(&rig, 0, MSR_SYSTEM_TIME), 0);
    assert_int_equal(read_msr(&rig, 0, MSR_WALL_CLOCK), 0);
    memcpy(before, rig.ram, sizeof before);
    kvmclock_resume(&rig.msrs.clock, 6000, 9000);
    assert_memory_equal(rig.ram, before, sizeof before);
}

static void a_state_that_cannot_be_is_refused(void **unused)
{
    static const struct poke refused[] = {
        POKE(kvmclock_state, wall_clock_msr, 0x302),
        POKE(kvmclock_state, wall_clock_msr, 4096),
        POKE(kvmclock_state, tsc_stable, 2),
        POKE(kvmclock_state, pad[6], 1),
        POKE(kvmclock_state, system_time_msrs[0], PAGE0_GPA | 3),
        POKE(kvmclock_state, system_time_msrs[1], 4096 | 1),
        POKE(kvmclock_state, system_time_msrs[CPUS], PAGE0_GPA | 1),
        POKE(kvmclock_state, system_time_msrs[KVMCLOCK_MAX_VCPUS - 1], 2),
        POKE_END,
    };
    static const struct poke taken[] = {
        POKE(kvmclock_state, wall_clock_msr, 0),
        POKE(kvmclock_state, tsc_stable, 0),
        POKE(kvmclock_state, system_time_msrs[0], PAGE1_GPA | 1),
        POKE(kvmclock_state, system_time_msrs[1], UINT64_MAX - 1),
        POKE_END,
    };
    struct rig rig;

    (void)unused;
    rig_init(&rig, CPUS, true);
    enable_all(&rig);
    assert_refused(&rig.msrs.dev, &no_timers, 7, refused);
    assert_taken(&rig.msrs.dev, 7, taken);
}

static void random_states_do_no_harm(void **unused)
{
    static const uint32_t msrs[] = {MSR_SYSTEM_TIME, MSR_WALL_CLOCK, MSR_SYSTEM_TIME_OLD,
                                    MSR_WALL_CLOCK_OLD};
    struct timerq timers = {0};
    struct rig rig;

    (void)unused;
    rig_init(&rig, KVMCLOCK_MAX_VCPUS, true);
    enable_all(&rig);
    sweep_random_msr_states(&rig.msrs.dev, &timers, 7,
                            &(struct msr_target){msrs, 4, KVMCLOCK_MAX_VCPUS});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_msr_reads_as_it_was_written_by_either_number),
        cmocka_unit_test(a_value_that_names_no_aligned_ram_is_refused_and_told),
        cmocka_unit_test(without_the_vcpus_tsc_there_is_no_page),
        cmocka_unit_test(after_a_load_the_pages_show_guest_time_by_the_tscs_there),
        cmocka_unit_test(tsc_stable_ends_with_a_load_where_it_does_not_hold),
        cmocka_unit_test(tsc_stable_that_has_ended_does_not_come_back_with_a_load),
        cmocka_unit_test(a_reset_leaves_the_old_pages_alone),
        cmocka_unit_test(a_state_that_cannot_be_is_refused),
        cmocka_unit_test(random_states_do_no_harm),
    };

    return cmocka_run_group_tests_name("kvmclock_msrs", tests, NULL, NULL);
}
