/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of kvm-clock in a machine: its pages are wrong, and no other clock. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_timers.h"

#define SEC  ((int64_t)NS_PER_SEC)
#define PAGE 0x3000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct pvclock_page *pages[MACHINE_RIG_CPUS];
static char line[FAULT_ERROR_BYTES];

static void start(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_rig_start(&rig);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++) {
        struct access access = {.space = ACCESS_MSR,
                                .addr = MSR_SYSTEM_TIME,
                                .vcpu = i,
                                .is_write = true,
                                .size_bytes = 8,
                                .value = (PAGE + 64 * i) | 1};

        assert_true(board_access(&machine->board, machine_lock(machine), &access));
        machine_unlock(machine);
        pages[i] = guest_mem_at(&machine->memory, PAGE + 64 * i, sizeof *pages[i]);
    }
}

static bool apply(const char *words)
{
    return machine_rig_apply_fault(&rig, words, line);
}

/* What a vCPU's page shows at an instant, less guest time then. */
static int64_t ahead_ns(unsigned vcpu)
{
    uint64_t now_tsc, tsc, ns;

    machine_lock(machine);
    now_tsc = host_tsc();
    tsc = guest_tsc_at(&machine->board.kvmclock.clock.vcpus[vcpu].tsc, now_tsc);
    ns = pvclock_read_ns(pages[vcpu], tsc) - timebase_ns(&machine->timebase, now_tsc);
    machine_unlock(machine);
    return (int64_t)ns;
}

static void publish(void)
{
    machine_lock(machine);
    machine_now_to_change(machine);
    kvmclock_set_scale(&machine->board.kvmclock.clock, machine->timebase.scale);
    machine_unlock(machine);
}

static void assert_ahead(unsigned vcpu, int64_t ns, int64_t slack_ns)
{
    assert_in_range(ahead_ns(vcpu) - ns + slack_ns, 0, 2 * slack_ns);
}

static void a_step_is_of_all_vcpus_or_of_one(void **unused)
{
    (void)unused;
    start();
    fake_clock_pass_ns(100 * SEC);
    assert_true(apply("kvmclock.step by=1h"));
    assert_ahead(0, 3600 * SEC, 2);
    assert_ahead(1, 3600 * SEC, 2);
    assert_true(apply("kvmclock.step by=-1h vcpu=1"));
    assert_ahead(0, 3600 * SEC, 2);
    assert_ahead(1, 0, 2);
    publish();
    assert_ahead(0, 3600 * SEC, 2);
    assert_ahead(1, 0, 2);
}

static void it_is_not_before_0(void **unused)
{
    (void)unused;
    start();
    fake_clock_pass_ns(100 * SEC);
    assert_true(apply("kvmclock.step by=-90s vcpu=0"));
    assert_false(apply("kvmclock.step by=-50s"));
    assert_string_equal(line, "kvmclock.step: kvm-clock is from 0 to 73000d");
    assert_ahead(0, -90 * SEC, 2);
    assert_ahead(1, 0, 2);
    assert_false(apply("kvmclock.back by=1h"));
    assert_string_equal(line, "kvmclock.back: kvm-clock has not run for so long");
}

static void a_rate_is_the_pages_alone(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("kvmclock.rate ppb=1000000"));
    fake_clock_pass_ns(10 * SEC);
    assert_ahead(0, SEC / 100, 1000);
    assert_true(apply("kvmclock.rate ppb=0"));
    fake_clock_pass_ns(10 * SEC);
    assert_ahead(0, SEC / 100, 1000);
    assert_true(apply("jump by=1h"));
    assert_ahead(0, SEC / 100, 1000);
}

static void it_stands_and_goes_on(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("kvmclock.stick for=5s vcpu=1"));
    fake_clock_pass_ns(5 * SEC);
    assert_ahead(1, -5 * SEC, 1000000);
    assert_ahead(0, 0, 2);
    assert_true(machine_rig_end_fault(&rig, "kvmclock.stick for=5s vcpu=1", line));
    fake_clock_pass_ns(5 * SEC);
    assert_ahead(1, -5 * SEC, 1000000);
}

static void run_timers(void)
{
    uint64_t now_ns = machine_lock(machine);

    machine_run_timers(machine, now_ns);
    machine_unlock(machine);
}

/* When the next turn is due; the machine's own thread may be about to take it. */
static uint64_t next_turn_ns(void)
{
    const struct timer *timer = &machine->jitter_timer;
    uint64_t ns;

    machine_lock(machine);
    ns = timer->armed ? timer->deadline_ns : TIME_NEVER_NS;
    machine_unlock(machine);
    return ns;
}

/* Where its line turns it is published, and then the next turn is due. */
static void it_jitters_and_is_published_where_it_turns(void **unused)
{
    (void)unused;
    start();
    assert_int_equal(next_turn_ns(), TIME_NEVER_NS);
    assert_true(apply("kvmclock.jitter by=1ms every=10ms vcpu=1"));
    for (unsigned i = 0; i < 100; i++) {
        uint64_t turn_ns = next_turn_ns();

        assert_true(turn_ns != TIME_NEVER_NS);
        fake_clock_pass_ns(10000000);
        run_timers();
        assert_true(next_turn_ns() > turn_ns);
        assert_ahead(0, 0, 2);
        assert_ahead(1, 0, 2000000);
    }
    assert_true(apply("kvmclock.jitter by=0s every=10ms vcpu=1"));
    fake_clock_pass_ns(20000000);
    run_timers();
    assert_int_equal(next_turn_ns(), TIME_NEVER_NS);
}

/* No update of guest time is due meanwhile, which would be the next publication. */
static void one_publication_goes_back(void **unused)
{
    (void)unused;
    start();
    fake_clock_pass_ns(50000);
    assert_true(apply("kvmclock.back by=20us vcpu=1"));
    assert_ahead(0, 0, 2);
    assert_ahead(1, -20000, 2);
    publish();
    assert_ahead(1, 0, 2);
}

static void flags_are_the_page_s_alone(void **unused)
{
    uint8_t before;

    (void)unused;
    start();
    before = pages[0]->flags;
    assert_true(apply("kvmclock.flags set=GUEST_STOPPED vcpu=1"));
    assert_int_equal(pages[1]->flags & PVCLOCK_GUEST_STOPPED, PVCLOCK_GUEST_STOPPED);
    assert_int_equal(pages[0]->flags, before);
    assert_true(apply("kvmclock.flags clear=GUEST_STOPPED"));
    assert_int_equal(pages[1]->flags & PVCLOCK_GUEST_STOPPED, 0);
    assert_true(apply("kvmclock.flags clear=TSC_STABLE"));
    publish();
    assert_int_equal(pages[0]->flags & PVCLOCK_TSC_STABLE, 0);
    assert_true(apply("kvmclock.flags set=TSC_STABLE vcpu=0"));
    publish();
    assert_int_equal(pages[0]->flags & PVCLOCK_TSC_STABLE, PVCLOCK_TSC_STABLE);
    assert_int_equal(pages[1]->flags & PVCLOCK_TSC_STABLE, 0);
}

static void a_version_stays_odd_until_its_end(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("kvmclock.odd for=1s vcpu=1"));
    publish();
    assert_int_equal(pages[1]->version % 2, 1);
    assert_int_equal(pages[0]->version % 2, 0);
    assert_true(machine_rig_end_fault(&rig, "kvmclock.odd for=1s vcpu=1", line));
    assert_int_equal(pages[1]->version % 2, 0);
    assert_ahead(1, 0, 2);
}

static void what_is_not_ours_is_not_wrong(void **unused)
{
    (void)unused;
    rig.config.kvmclock = KVMCLOCK_KERNEL;
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_rig_start(&rig);
    assert_false(apply("kvmclock.rate ppb=1"));
    assert_string_equal(line, "kvmclock.rate: kvm-clock is not minivmm's own here; --kvmclock user "
                              "makes it so");
}

static void a_vcpu_that_is_not_there_is_refused(void **unused)
{
    (void)unused;
    start();
    assert_false(apply("kvmclock.step by=1s vcpu=77"));
    assert_string_equal(line, "kvmclock.step: this machine has no vCPU 77");
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_step_is_of_all_vcpus_or_of_one),
        TEST(it_is_not_before_0),
        TEST(a_rate_is_the_pages_alone),
        TEST(it_stands_and_goes_on),
        TEST(it_jitters_and_is_published_where_it_turns),
        TEST(one_publication_goes_back),
        TEST(flags_are_the_page_s_alone),
        TEST(a_version_stays_odd_until_its_end),
        TEST(what_is_not_ours_is_not_wrong),
        TEST(a_vcpu_that_is_not_there_is_refused),
    };

    return cmocka_run_group_tests_name("kvmclock_fault", tests, NULL, NULL);
}
