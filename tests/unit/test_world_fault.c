/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of all clocks together, and of a vCPU: guest time at another rate, and a stalled vCPU. */
#include "tests/unit/unit.h"

#include <sched.h>
#include <string.h>

#include "kvmclock/kvmclock.h"
#include "kvmclock/pvclock.h"
#include "kvmclock/steal_time.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_fault.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_save.h"
#include "vmm/machine/machine_share.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/vcpu_stall.h"

#define SEC       NS_PER_SEC
#define MS        UINT64_C(1000000)
#define PAGE_GPA  0x8000
#define STEAL_GPA 0x9000
#define PORT_POST 0x80
/* Calls that read clocks take time, and a rate is measured to some 10^-8. */
#define SLACK_NS 20000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static char line[FAULT_ERROR_BYTES];

static void start(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    machine_rig_start(&rig);
}

static bool apply(const char *words)
{
    return machine_rig_apply_fault(&rig, words, line);
}

static void write_msr(unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct access access = {ACCESS_MSR, true, 8, vcpu, msr, value};
    uint64_t now_ns = machine_lock(machine);

    assert_true(board_access(&machine->board, now_ns, &access));
    machine_unlock(machine);
}

/* In steps of a second, after each of which guest time is corrected if that is due. */
static void run_seconds(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i++) {
        fake_clock_pass_ns(SEC);
        machine_lock(machine);
        machine_time_update(machine, host_monotonic_ns());
        machine_unlock(machine);
    }
}

/* Guest time less the host's since the two were so far apart. */
static int64_t gained_ns(int64_t apart_ns)
{
    return (int64_t)(machine_rig_guest_ns(&rig) - fake_clock_ns()) - apart_ns;
}

static void guest_time_runs_faster_or_slower_and_keeps_what_it_has_gained(void **unused)
{
    const struct pvclock_page *page;
    int64_t apart_ns;

    (void)unused;
    start();
    write_msr(1, MSR_SYSTEM_TIME, PAGE_GPA | 1);
    page = guest_mem_at(&machine->memory, PAGE_GPA, sizeof *page);
    run_seconds(5);
    apart_ns = gained_ns(0);
    assert_true(apply("rate ppb=500000"));
    run_seconds(100);
    assert_in_range(gained_ns(apart_ns) - (int64_t)(50 * MS) + SLACK_NS, 0, 2 * SLACK_NS);
    assert_in_range(pvclock_read_ns(page, fake_vcpu_tsc(1)) - machine_rig_guest_ns(&rig) + SLACK_NS,
                    0, 2 * SLACK_NS);
    assert_string_equal(machine_save_obstacle(machine), "guest time has a rate of its own (rate), "
                                                        "which no snapshot and no migration takes "
                                                        "along");
    assert_true(apply("rate ppb=-500000"));
    run_seconds(20);
    assert_in_range(gained_ns(apart_ns) - (int64_t)(40 * MS) + SLACK_NS, 0, 2 * SLACK_NS);
    assert_true(machine_rig_end_fault(&rig, "rate ppb=-500000 for=20s", line));
    run_seconds(20);
    assert_in_range(gained_ns(apart_ns) - (int64_t)(40 * MS) + SLACK_NS, 0, 2 * SLACK_NS);
    assert_null(machine_save_obstacle(machine));
}

/* Who waits for a guest time looks again before it has come, whatever the rate. */
static void who_waits_for_a_guest_time_is_not_late_for_it(void **unused)
{
    uint64_t begun_ns;

    (void)unused;
    start();
    run_seconds(5);
    assert_true(apply("rate ppb=500000"));
    run_seconds(1);
    begun_ns = machine_rig_guest_ns(&rig);
    fake_clock_pass_ns(machine_time_least_host_ns(machine, SEC));
    assert_in_range(machine_rig_guest_ns(&rig), begun_ns, begun_ns + SEC);
}

static void a_rate_and_who_keeps_guest_time_elsewhere_are_apart(void **unused)
{
    (void)unused;
    start();
    rig.config.kvmclock_follow = KVMCLOCK_FOLLOW_REALTIME;
    assert_false(apply("rate ppb=1"));
    assert_string_equal(line, "rate: --kvmclock-follow realtime keeps guest time at the host's "
                              "date");
    rig.config.kvmclock_follow = KVMCLOCK_FOLLOW_MONOTONIC;
    rig.config.kvmclock = KVMCLOCK_KERNEL;
    assert_false(apply("rate ppb=1"));
    assert_string_equal(line, "rate: with --kvmclock kernel KVM keeps its own clock");
    rig.config.kvmclock = KVMCLOCK_USER;
    rig.config.rtc_follows_host = true;
    assert_false(apply("rate ppb=1"));
    assert_string_equal(line, "rate: --rtc clock=host keeps the RTC at the host's date");
    rig.config.rtc_follows_host = false;
    assert_true(apply("rate ppb=1"));
}

static unsigned answers_of(unsigned vcpu)
{
    unsigned count;

    fake_kvm_lock();
    count = fake_vcpu(vcpu)->answer_count;
    fake_kvm_unlock();
    return count;
}

static uint64_t steal_ns(unsigned vcpu)
{
    return steal_time_read(guest_mem_at(&machine->memory, STEAL_GPA + 64 * vcpu, 64));
}

static void a_stalled_vcpu_does_not_run_and_all_of_that_is_steal_time(void **unused)
{
    uint64_t begun_ns;

    (void)unused;
    rig.config.steal = STEAL_PERCENT;
    start();
    write_msr(0, MSR_STEAL_TIME, STEAL_GPA | 1);
    write_msr(1, MSR_STEAL_TIME, (STEAL_GPA + 64) | 1);
    assert_true(apply("vcpu.stall vcpu=1 for=2s"));
    begun_ns = machine_rig_guest_ns(&rig);
    fake_vcpu_play(1, fake_in(PORT_POST, 1));
    fake_vcpu_play(0, fake_in(PORT_POST, 1));
    fake_vcpu_await_halt(0);
    fake_clock_pass_ns(2 * SEC);
    assert_true(machine_pause_quietly(machine));
    machine_resume_quietly(machine);
    assert_int_equal(answers_of(0), 1);
    assert_int_equal(answers_of(1), 0);
    assert_in_range(machine_rig_guest_ns(&rig) - begun_ns, 2 * SEC, 2 * SEC + MS);
    assert_int_equal(steal_ns(1), 0);
    assert_string_equal(machine_save_obstacle(machine), "a vCPU is stalled (vcpu.stall), which no "
                                                        "snapshot and no migration takes along");
    assert_true(machine_rig_end_fault(&rig, "vcpu.stall vcpu=1 for=2s", line));
    fake_vcpu_await_halt(1);
    assert_int_equal(answers_of(1), 1);
    assert_in_range(steal_ns(1), 2 * SEC, 2 * SEC + MS);
    assert_int_equal(steal_ns(0), 0);
    assert_null(machine_save_obstacle(machine));
}

static void all_of_them_can_be_stalled_and_ended_with_the_machine(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("vcpu.stall vcpu=all for=2s"));
    fake_vcpu_play(0, fake_in(PORT_POST, 1));
    fake_vcpu_play(1, fake_in(PORT_POST, 1));
    assert_true(apply("jump by=1h"));
    assert_int_equal(answers_of(0), 0);
    assert_int_equal(answers_of(1), 0);
}

static int64_t rtc_ns(void)
{
    uint64_t now_ns = machine_lock(machine);
    int64_t wall_ns = 0;

    now_ns = board_clock_ns(&machine->board, BOARD_RTC, now_ns);
    assert_true(rtc_wall_ns(&machine->board.rtc, now_ns, &wall_ns));
    machine_unlock(machine);
    return wall_ns;
}

static uint64_t date_ns(void)
{
    return machine->board.kvmclock.clock.wiring.wall_zero_ns + machine_rig_guest_ns(&rig);
}

/* How much later guest time, the RTC and the date are after a freeze of 30 s, to its end. */
static void freeze(const char *words, int64_t later_ns[3])
{
    int64_t before_ns[3] = {(int64_t)machine_rig_guest_ns(&rig), rtc_ns(), (int64_t)date_ns()};

    assert_true(apply(words));
    assert_true(machine->pause.active);
    fake_clock_pass_ns(30 * SEC - MS);
    machine_pause_step(machine);
    assert_true(machine->pause.active);
    fake_clock_pass_ns(MS);
    assert_true(machine_pause_due_monotonic_ns(machine) <= fake_clock_ns());
    machine_pause_step(machine);
    assert_false(machine->pause.active);
    assert_int_equal(machine_pause_due_monotonic_ns(machine), TIME_NEVER_NS);
    later_ns[0] = (int64_t)machine_rig_guest_ns(&rig) - before_ns[0];
    later_ns[1] = rtc_ns() - before_ns[1];
    later_ns[2] = (int64_t)date_ns() - before_ns[2];
}

static void assert_later(const int64_t later_ns[3], uint64_t guest_ns, uint64_t rtc, uint64_t date)
{
    assert_in_range(later_ns[0], guest_ns, guest_ns + MS);
    assert_in_range(later_ns[1], rtc, rtc + MS);
    assert_in_range(later_ns[2], date, date + MS);
}

/* The rig's KVM can intercept hypercalls, so a pause freezes if nothing is said. */
static void a_freeze_is_a_pause_that_ends_by_itself_and_has_a_policy(void **unused)
{
    int64_t later_ns[3];

    (void)unused;
    fake_kvm.can_intercept_hypercalls = true;
    start();
    freeze("freeze for=30s", later_ns);
    assert_later(later_ns, 0, 0, 0);
    freeze("freeze for=30s policy=advance", later_ns);
    assert_later(later_ns, 30 * SEC, 30 * SEC, 30 * SEC);
    freeze("freeze for=30s policy=marker", later_ns);
    assert_later(later_ns, 0, 30 * SEC, 30 * SEC);
    rig.config.on_resume = ON_RESUME_ADVANCE;
    freeze("freeze for=30s policy=freeze", later_ns);
    assert_later(later_ns, 0, 0, 0);
    freeze("freeze for=30s", later_ns);
    assert_later(later_ns, 30 * SEC, 30 * SEC, 30 * SEC);
}

static void a_freeze_can_be_resumed_before_its_end_and_the_next_pause_is_as_ever(void **unused)
{
    (void)unused;
    fake_kvm.can_intercept_hypercalls = true;
    start();
    assert_true(apply("freeze for=30s policy=advance"));
    assert_false(apply("freeze for=1s"));
    assert_string_equal(line, "freeze: the guest is paused; resume it first");
    assert_true(machine_resume(machine));
    assert_true(machine_pause_quietly(machine));
    assert_int_equal(machine->pause.policy, PAUSE_AS_CONFIGURED);
    assert_int_equal(machine_pause_due_monotonic_ns(machine), TIME_NEVER_NS);
    fake_clock_pass_ns(60 * SEC);
    machine_pause_step(machine);
    assert_true(machine->pause.active);
    machine_resume_quietly(machine);
    said();
}

/* Who has paused the guest finds it paused, whatever was going on before. */
static void a_pause_in_a_freeze_stays_until_it_is_resumed(void **unused)
{
    static const struct pause_names names = {"stop", "cont"};

    (void)unused;
    fake_kvm.can_intercept_hypercalls = true;
    start();
    assert_true(apply("freeze for=30s policy=advance"));
    assert_true(machine_pause(machine, &names));
    assert_string_equal(said(), "minivmm: paused by stop, cont resumes; guest time goes on\n");
    assert_false(machine_pause(machine, &names));
    assert_int_equal(machine_pause_due_monotonic_ns(machine), TIME_NEVER_NS);
    fake_clock_pass_ns(60 * SEC);
    machine_pause_step(machine);
    assert_true(machine->pause.active);
    assert_true(machine_resume(machine));
    said();
}

/* What is kept of the RTC is how somebody has set it, and neither of these faults has. */
static void a_marker_leaves_the_rtc_s_offset_alone(void **unused)
{
    int64_t later_ns[3], offset_ns;

    (void)unused;
    fake_kvm.can_intercept_hypercalls = true;
    start();
    offset_ns = machine->rtc.offset_ns;
    assert_true(apply("jump by=1h"));
    assert_true(apply("rtc.step by=-60s"));
    freeze("freeze for=30s policy=marker", later_ns);
    assert_later(later_ns, 0, 30 * SEC, 30 * SEC);
    assert_int_equal(machine->rtc.offset_ns, offset_ns);
}

static void where_a_guest_sees_the_host_s_time_none_freezes(void **unused)
{
    (void)unused;
    fake_kvm.can_intercept_hypercalls = false;
    start();
    assert_false(apply("freeze for=1s policy=marker"));
    assert_string_equal(line, "freeze: this KVM cannot intercept hypercalls, by which a guest sees "
                              "the host's time; --on-resume freeze hides KVM from it");
    assert_true(apply("freeze for=1s policy=advance"));
    machine_resume_quietly(machine);
}

static void run_timers(uint64_t ns)
{
    uint64_t now_ns;

    fake_clock_pass_ns(ns);
    now_ns = machine_lock(machine);
    machine_run_timers(machine, now_ns);
    machine_unlock(machine);
}

/* Two vCPUs for 10 ms: in the first 3 neither runs, and after that both. */
static void an_honest_share_is_made_of_stalls(void **unused)
{
    (void)unused;
    rig.config.steal = STEAL_PERCENT;
    start();
    write_msr(1, MSR_STEAL_TIME, (STEAL_GPA + 64) | 1);
    assert_true(apply("steal percent=30 for=10s honest=yes"));
    for (unsigned i = 1; i <= 50; i++) {
        assert_true(machine->vcpus[0].stalls == VCPU_STALL_SHARE);
        assert_true(machine->vcpus[1].stalls == VCPU_STALL_SHARE);
        run_timers(3 * MS + MS / 10);
        assert_true(machine->vcpus[0].stalls == 0);
        assert_true(machine->vcpus[1].stalls == 0);
        assert_in_range(steal_ns(1), i * 3 * MS, i * (3 * MS + MS / 5));
        run_timers(7 * MS - MS / 10);
    }
    assert_string_equal(machine_save_obstacle(machine),
                        "steal time has a share of its own (steal), "
                        "which no snapshot and no migration takes "
                        "along");
    assert_true(machine_rig_end_fault(&rig, "steal percent=30 for=10s honest=yes", line));
    assert_true(machine->vcpus[0].stalls == 0);
    assert_null(machine_save_obstacle(machine));
    run_timers(100 * MS);
    assert_true(machine->vcpus[0].stalls == 0);
}

/* Its end is not the end of a stall that goes on. */
static void a_share_and_a_stall_are_apart(void **unused)
{
    (void)unused;
    start();
    assert_true(apply("vcpu.stall vcpu=1 for=10s"));
    assert_true(apply("steal percent=30 for=1s honest=yes"));
    run_timers(4 * MS);
    assert_true(machine->vcpus[0].stalls == 0);
    assert_true(machine->vcpus[1].stalls == VCPU_STALL_FAULT);
    assert_false(apply("steal percent=50 for=1s"));
    assert_string_equal(line,
                        "steal: the guest has no page for it; give --steal 0%, or honest=yes");
}

static void stall_share(bool is_stalled)
{
    machine_lock(machine);
    machine_share_stall(machine, 1, VCPU_STALL_SHARE, is_stalled);
    machine_unlock(machine);
}

/* Nor is a disk that stops what keeps a share from its end. There is no other thread. */
static void what_a_share_has_stolen_is_told_while_a_disk_stops(void **unused)
{
    (void)unused;
    rig.config.steal = STEAL_PERCENT;
    assert_int_equal(machine_rig_create(&rig), 0);
    write_msr(1, MSR_STEAL_TIME, (STEAL_GPA + 64) | 1);
    stall_share(true);
    vcpu_begin_stall(&machine->vcpus[1], VCPU_STALL_DISK);
    fake_clock_pass_ns(3 * MS);
    stall_share(false);
    assert_in_range(steal_ns(1), 3 * MS, 3 * MS + MS / 5);
    vcpu_end_stall(&machine->vcpus[1], VCPU_STALL_DISK);
    fake_clock_pass_ns(7 * MS);
    stall_share(true);
    stall_share(false);
    assert_in_range(steal_ns(1), 3 * MS, 3 * MS + MS / 5);
}

static void a_told_share_replaces_an_honest_one_and_ends_with_that_of_the_options(void **unused)
{
    (void)unused;
    rig.config.steal = STEAL_PERCENT;
    rig.config.steal_percent = 10;
    start();
    assert_true(apply("steal percent=30 for=10s honest=yes"));
    assert_true(apply("steal percent=60 for=10s"));
    assert_true(machine->vcpus[0].stalls == 0);
    assert_int_equal(machine->board.steal.wiring.percent, 60);
    assert_true(machine_rig_end_fault(&rig, "steal percent=60 for=10s", line));
    assert_int_equal(machine->board.steal.wiring.percent, 10);
    assert_null(machine_save_obstacle(machine));
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(guest_time_runs_faster_or_slower_and_keeps_what_it_has_gained),
        TEST(who_waits_for_a_guest_time_is_not_late_for_it),
        TEST(a_rate_and_who_keeps_guest_time_elsewhere_are_apart),
        TEST(a_stalled_vcpu_does_not_run_and_all_of_that_is_steal_time),
        TEST(all_of_them_can_be_stalled_and_ended_with_the_machine),
        TEST(a_freeze_is_a_pause_that_ends_by_itself_and_has_a_policy),
        TEST(a_freeze_can_be_resumed_before_its_end_and_the_next_pause_is_as_ever),
        TEST(a_pause_in_a_freeze_stays_until_it_is_resumed),
        TEST(a_marker_leaves_the_rtc_s_offset_alone),
        TEST(where_a_guest_sees_the_host_s_time_none_freezes),
        TEST(an_honest_share_is_made_of_stalls),
        TEST(a_share_and_a_stall_are_apart),
        TEST(what_a_share_has_stolen_is_told_while_a_disk_stops),
        TEST(a_told_share_replaces_an_honest_one_and_ends_with_that_of_the_options),
    };

    return cmocka_run_group_tests_name("world_fault", tests, NULL, NULL);
}
