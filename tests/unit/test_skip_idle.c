/* SPDX-License-Identifier: BSD-2-Clause */
/* --skip-idle: when guest time jumps, how far, and where it is refused. */
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/eventfd.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/host/log.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/skip_idle.h"

#define SEC        NS_PER_SEC
#define MS         UINT64_C(1000000)
#define HOUR_NS    (3600 * SEC)
#define LAST_RANKS 1000000
#define DEADLINE   (2u << 17)
#define MASKED     (1u << 16)
/* A call that reads a clock takes time. */
#define SLACK_NS 100000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct timer timer;

static void on_fire(void *ctx, uint64_t deadline_ns)
{
    (void)ctx;
    (void)deadline_ns;
}

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.host.skip_idle =
        (struct skip_idle_choice){.asked = true, .on = true, .until_ns = TIME_NEVER_NS};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    return 0;
}

static void put_lapic(unsigned vcpu, unsigned offset, uint32_t value)
{
    memcpy(fake_vcpu(vcpu)->lapic.regs + offset, &value, sizeof value);
}

/* A machine whose vCPUs all sleep; no chip has a timer. */
static void sleep_all(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(skip_idle_prepare(machine), 0);
    while (machine->board.timers.first != NULL)
        timerq_cancel(&machine->board.timers, machine->board.timers.first);
    timer_init(&timer, LAST_RANKS, on_fire, NULL);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++) {
        fake_vcpu(i)->halted = true;
        fake_vcpu(i)->mp_state.mp_state = KVM_MP_STATE_HALTED;
        put_lapic(i, 0x320, MASKED);
    }
    fake_kvm_forget_calls();
}

/* A chip is to do something, so long from now. */
static void arm_chip(uint64_t ns)
{
    timerq_arm(&machine->board.timers, &timer, machine_lock(machine) + ns);
    machine_unlock(machine);
}

/* Once a look is due: by how much guest time jumps. */
static uint64_t look(void)
{
    uint64_t before_ns, after_ns, due_ns = skip_idle_due_monotonic_ns(machine);
    bool jumped;

    assert_true(due_ns != TIME_NEVER_NS);
    if (due_ns > fake_clock_ns())
        fake_clock_advance_ns(due_ns - fake_clock_ns());
    before_ns = machine_lock(machine);
    jumped = skip_idle_look(machine);
    machine_unlock(machine);
    after_ns = machine_rig_guest_ns(&rig);
    if (!jumped)
        assert_in_range(after_ns, before_ns, before_ns + SLACK_NS);
    return jumped ? after_ns - before_ns : 0;
}

static void guest_time_jumps_to_the_next_timer_of_a_chip(void **unused)
{
    uint64_t deadline_ns;

    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    deadline_ns = timerq_next_deadline_ns(&machine->board.timers);
    assert_true(look() > 0);
    assert_in_range(machine_rig_guest_ns(&rig), deadline_ns, deadline_ns + SLACK_NS);
    assert_in_range(fake_vcpu_tsc(1), deadline_ns / SEC * FAKE_CLOCK_HZ, UINT64_MAX);
    assert_int_equal(machine->skip.jump_count, 1);
    assert_in_range(machine->skip.skipped_ns, HOUR_NS - SLACK_NS, HOUR_NS);
}

static void and_not_past_the_first_timer_of_a_local_apic(void **unused)
{
    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    put_lapic(0, 0x320, DEADLINE | 0xec);
    *fake_vcpu_find_msr(fake_vcpu(0), MSR_TSC_DEADLINE) = fake_vcpu_tsc(0) + 60 * FAKE_CLOCK_HZ;
    put_lapic(1, 0x320, 0xec);
    put_lapic(1, 0x380, 4000000000u);
    put_lapic(1, 0x390, 3000000000u);
    put_lapic(1, 0x3e0, 0xb);
    assert_in_range(look(), 3 * SEC - SLACK_NS, 3 * SEC + SLACK_NS);
    put_lapic(1, 0x320, MASKED);
    assert_in_range(look(), 57 * SEC - 2 * MS, 57 * SEC + SLACK_NS);
    assert_non_null(strstr(fake_kvm_calls(), "kvm_vcpu_set_msr 0 0x6e0"));
}

static void a_vcpu_that_does_not_sleep_is_not_disturbed(void **unused)
{
    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    fake_vcpu(1)->halted = false;
    assert_int_equal(look(), 0);
    assert_string_equal(fake_kvm_calls(), "");
}

static void nor_is_any_for_a_jump_that_is_not_worth_it(void **unused)
{
    (void)unused;
    sleep_all();
    arm_chip(SKIP_IDLE_LEAST_NS / 2);
    assert_int_equal(look(), 0);
    assert_string_equal(fake_kvm_calls(), "");
}

/* Its statistics said that it sleeps, and then it was woken. */
static void a_vcpu_that_runs_by_now_ends_the_look(void **unused)
{
    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    fake_vcpu(0)->mp_state.mp_state = KVM_MP_STATE_RUNNABLE;
    assert_int_equal(look(), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
    assert_false(machine->cut.active);
    fake_vcpu(0)->mp_state.mp_state = KVM_MP_STATE_HALTED;
    fake_vcpu(1)->events.interrupt.injected = 1;
    assert_int_equal(look(), 0);
    fake_vcpu(1)->events.interrupt.injected = 0;
    assert_true(look() > 0);
}

/* One that still runs could send an interrupt to one that was looked at. */
static void all_vcpus_are_out_before_the_first_is_looked_at(void **unused)
{
    const char *calls;

    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    assert_true(look() > 0);
    calls = fake_kvm_calls();
    assert_non_null(strstr(calls, "kvm_vcpu_get_mp_state 1"));
    assert_true(strstr(calls, "kvm_vcpu_get_mp_state 1") < strstr(calls, "kvm_vcpu_get_lapic 0"));
}

static void a_timer_that_has_run_out_is_waited_for(void **unused)
{
    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    put_lapic(1, 0x320, 0xec);
    put_lapic(1, 0x380, 1000);
    assert_int_equal(look(), 0);
    fake_clock_advance_ns(IDLE_SETTLE_NS);
    fake_vcpu(1)->halt_count++;
    assert_int_equal(look(), 0);
    fake_clock_advance_ns(IDLE_SETTLE_NS);
    assert_true(look() > 0);
}

static void without_anything_to_wait_for_guest_time_does_not_jump(void **unused)
{
    (void)unused;
    sleep_all();
    assert_int_equal(look(), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
}

static void nor_past_what_is_to_be_done_at_a_guest_time(void **unused)
{
    eventfd_t count;

    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    skip_idle_stop_at(machine, SKIP_FOR_FAULT, machine_rig_guest_ns(&rig) + 60 * SEC);
    assert_in_range(look(), 60 * SEC - MS, 60 * SEC + SLACK_NS);
    assert_int_equal(eventfd_read(machine->skip.visited_fd, &count), 0);
    assert_int_equal(look(), 0);
    skip_idle_stop_at(machine, SKIP_FOR_FAULT, TIME_NEVER_NS);
    assert_true(look() > HOUR_NS / 2);
    assert_int_equal(eventfd_read(machine->skip.visited_fd, &count), -1);
}

static void looks_come_less_often_while_there_is_nothing_to_skip(void **unused)
{
    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    fake_vcpu(1)->halted = false;
    for (unsigned i = 0; i < 10; i++)
        look();
    fake_vcpu(1)->halted = true;
    assert_in_range(skip_idle_due_monotonic_ns(machine) - fake_clock_ns(),
                    SKIP_IDLE_LOOK_MAX_NS / 2, 2 * SKIP_IDLE_LOOK_MAX_NS);
    assert_true(look() > 0);
    assert_in_range(skip_idle_due_monotonic_ns(machine) - fake_clock_ns(), 1,
                    SKIP_IDLE_LOOK_MIN_NS);
}

static bool a_look_disturbs(void)
{
    fake_kvm_forget_calls();
    assert_int_equal(look(), 0);
    return fake_kvm_calls()[0] != '\0';
}

static void a_guest_that_waits_for_somebody_outside_is_left_alone_until_it_has_run(void **unused)
{
    (void)unused;
    sleep_all();
    assert_true(a_look_disturbs());
    for (unsigned i = 0; i < 20; i++)
        assert_false(a_look_disturbs());
    assert_in_range(skip_idle_due_monotonic_ns(machine) - fake_clock_ns(),
                    SKIP_IDLE_LOOK_MAX_NS + 1, SKIP_IDLE_LOOK_OUTSIDE_NS);
    fake_vcpu(1)->halt_count++;
    assert_true(a_look_disturbs());
    assert_false(a_look_disturbs());
    arm_chip(HOUR_NS);
    assert_in_range(look(), HOUR_NS - SKIP_IDLE_LOOK_OUTSIDE_NS - SLACK_NS, HOUR_NS);
}

/* In 10 ms of the host, of which 5 have passed, guest time goes on by a second at most. */
static void a_limit_of_the_speed_is_kept(void **unused)
{
    uint64_t begin_ns, guest_ns, passed_ns = 0;

    (void)unused;
    rig.host.skip_idle.max_speed = 100;
    sleep_all();
    arm_chip(HOUR_NS);
    begin_ns = fake_clock_ns();
    guest_ns = machine_rig_guest_ns(&rig);
    while (passed_ns < 500 * MS) {
        look();
        passed_ns = fake_clock_ns() - begin_ns;
        assert_in_range(machine_rig_guest_ns(&rig) - guest_ns, 0, 100 * (passed_ns + 2 * MS));
    }
    assert_in_range(machine_rig_guest_ns(&rig) - guest_ns, 90 * passed_ns, 101 * passed_ns);
}

static void until_a_guest_time_and_no_longer(void **unused)
{
    (void)unused;
    rig.host.skip_idle.until_ns = 1800 * SEC;
    sleep_all();
    arm_chip(HOUR_NS);
    assert_in_range(look(), 1799 * SEC, 1800 * SEC + SLACK_NS);
    assert_int_equal(look(), 0);
    assert_int_equal(skip_idle_due_monotonic_ns(machine), TIME_NEVER_NS);
}

static void it_can_be_switched(void **unused)
{
    (void)unused;
    rig.host.skip_idle.on = false;
    sleep_all();
    arm_chip(HOUR_NS);
    assert_int_equal(skip_idle_due_monotonic_ns(machine), TIME_NEVER_NS);
    skip_idle_switch(machine, true);
    assert_true(look() > 0);
    skip_idle_switch(machine, false);
    assert_int_equal(skip_idle_due_monotonic_ns(machine), TIME_NEVER_NS);
}

/* The timer thread does all of it: an hour in the time of a look, and then the timer comes. */
static void the_timer_thread_looks_by_itself(void **unused)
{
    unsigned waits;

    (void)unused;
    sleep_all();
    machine_rig_start(&rig);
    waits = fake_clock_waits();
    arm_chip(HOUR_NS);
    fake_clock_advance_ns(2 * MS);
    fake_clock_await_wait(waits + 1);
    assert_in_range(machine_rig_guest_ns(&rig), HOUR_NS, HOUR_NS + 100 * MS);
    assert_false(timer.armed);
}

static void while_guest_time_is_paused_nothing_is_skipped(void **unused)
{
    uint64_t ns;

    (void)unused;
    sleep_all();
    machine_rig_start(&rig);
    assert_true(machine_pause_quietly(machine));
    arm_chip(HOUR_NS);
    ns = machine_rig_guest_ns(&rig);
    fake_clock_advance_ns(SEC);
    assert_int_equal(machine_rig_guest_ns(&rig), ns);
    machine_resume_quietly(machine);
}

static void with_verbose_the_end_says_what_was_skipped(void **unused)
{
    (void)unused;
    sleep_all();
    arm_chip(HOUR_NS);
    said();
    log_set_verbose(true);
    skip_idle_report(machine);
    assert_string_equal(said(), "minivmm: --skip-idle: there was no idle time to skip\n");
    assert_true(look() > 0);
    skip_idle_report(machine);
    log_set_verbose(false);
    assert_non_null(strstr(said(), " s of guest time in 1 jumps of "));
}

static void expect_refusal(const char *line)
{
    machine_rig_create(&rig);
    said();
    assert_true(skip_idle_prepare(machine) < 0);
    assert_string_equal(said(), line);
    assert_false(skip_idle_is_possible(machine));
}

static void a_kvm_that_ignores_tsc_offsets_cannot_do_it(void **unused)
{
    (void)unused;
    fake_kvm.ignores_tsc_offsets = true;
    expect_refusal("minivmm: --skip-idle: it needs TSC offsets that take effect, and this KVM "
                   "ignores them; minivmm doctor says more\n");
}

static void nor_can_one_that_does_not_tell_who_is_halted(void **unused)
{
    (void)unused;
    fake_kvm.tells_halted = false;
    expect_refusal("minivmm: --skip-idle: this KVM does not say which vCPU is halted (Linux before "
                   "5.16)\n");
}

static void what_keeps_the_guest_at_the_host_s_time_excludes_it(void **unused)
{
    (void)unused;
    rig.config.rtc_follows_host = true;
    expect_refusal("minivmm: --skip-idle: --rtc clock=host keeps the RTC at the host's date\n");
}

static void so_does_a_clock_that_is_kvm_s(void **unused)
{
    (void)unused;
    rig.config.kvmclock = KVMCLOCK_KERNEL;
    expect_refusal("minivmm: --skip-idle: with --kvmclock kernel the clock is KVM's, which takes "
                   "long to set\n");
}

/* A restored guest has its rate from the snapshot, and no command line says both. */
static void a_limit_of_the_speed_excludes_a_rate(void **unused)
{
    (void)unused;
    rig.host.skip_idle.max_speed = 100;
    dilation_set(&rig.config.time_rate, 10, 1);
    expect_refusal("minivmm: --skip-idle: max-speed= and --time-rate both say how fast guest time "
                   "runs; leave out max-speed=\n");
}

static void without_the_option_there_is_nothing(void **unused)
{
    (void)unused;
    rig.host.skip_idle = (struct skip_idle_choice){0};
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(skip_idle_prepare(machine), 0);
    assert_false(skip_idle_is_possible(machine));
    assert_int_equal(skip_idle_due_monotonic_ns(machine), TIME_NEVER_NS);
    assert_int_equal(fake_kvm_count("kvm_stop_halt_polling"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(guest_time_jumps_to_the_next_timer_of_a_chip),
        TEST(and_not_past_the_first_timer_of_a_local_apic),
        TEST(a_vcpu_that_does_not_sleep_is_not_disturbed),
        TEST(nor_is_any_for_a_jump_that_is_not_worth_it),
        TEST(a_vcpu_that_runs_by_now_ends_the_look),
        TEST(all_vcpus_are_out_before_the_first_is_looked_at),
        TEST(a_timer_that_has_run_out_is_waited_for),
        TEST(without_anything_to_wait_for_guest_time_does_not_jump),
        TEST(nor_past_what_is_to_be_done_at_a_guest_time),
        TEST(looks_come_less_often_while_there_is_nothing_to_skip),
        TEST(a_guest_that_waits_for_somebody_outside_is_left_alone_until_it_has_run),
        TEST(a_limit_of_the_speed_is_kept),
        TEST(until_a_guest_time_and_no_longer),
        TEST(it_can_be_switched),
        TEST(the_timer_thread_looks_by_itself),
        TEST(while_guest_time_is_paused_nothing_is_skipped),
        TEST(with_verbose_the_end_says_what_was_skipped),
        TEST(a_kvm_that_ignores_tsc_offsets_cannot_do_it),
        TEST(nor_can_one_that_does_not_tell_who_is_halted),
        TEST(what_keeps_the_guest_at_the_host_s_time_excludes_it),
        TEST(so_does_a_clock_that_is_kvm_s),
        TEST(a_limit_of_the_speed_excludes_a_rate),
        TEST(without_the_option_there_is_nothing),
    };

    return cmocka_run_group_tests_name("skip_idle", tests, NULL, NULL);
}
