/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine that its guest puts to sleep (S3), and what it is when it wakes. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "boot/acpi_layout.h"
#include "boot/layout.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_irqchip.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_sleep.h"
#include "vmm/machine/quiesce.h"
#include "vmm/machine/vcpu_stall.h"

#define PM1_STS      0x600
#define PM1_EN       0x602
#define PM1_CNT      0x604
#define SLEEP        (1u << 10 | 1u << 13)
#define WAK_BIT      (1u << 15)
#define COM2_SCRATCH 0x2ff
#define VECTOR       0x9a000
/* Behind the RSDP. */
#define FACS_GPA (LAYOUT_ACPI_GPA + ACPI_FACS_ALIGN)

static struct machine_rig rig;
static struct machine_events events;

static void set_vector(uint32_t vector)
{
    struct acpi_facs *facs = guest_mem_at(&rig.machine.memory, FACS_GPA, sizeof *facs);

    assert_memory_equal(facs->signature, "FACS", 4);
    facs->waking_vector = vector;
}

/* The first vCPU does it, and then sleeps. */
static void sleep_after(struct fake_exit exit, uint32_t vector)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    rig.machine.events = &events;
    set_vector(vector);
    fake_vcpu_play(0, exit);
    fake_vcpu_play(0, fake_out(PM1_CNT, 2, SLEEP));
    machine_rig_start(&rig);
}

static bool is_due(void)
{
    struct pollfd poll_fd = {.fd = rig.machine.sleep.fd, .events = POLLIN};

    return poll(&poll_fd, 1, 10000) == 1;
}

static void sleep_it(struct fake_exit exit, uint32_t vector)
{
    sleep_after(exit, vector);
    assert_true(is_due());
    machine_sleep_step(&rig.machine);
}

static void press_power_button(void)
{
    uint64_t now_ns = machine_lock(&rig.machine);

    acpi_pm_press_power_button(&rig.machine.board.pm, now_ns);
    machine_unlock(&rig.machine);
}

static void assert_state(unsigned vcpu, uint32_t mp_state)
{
    assert_int_equal(fake_vcpu(vcpu)->mp_state.mp_state, mp_state);
}

static void a_machine_that_sleeps_has_lost_its_vcpus_and_chips_and_time_goes_on(void **unused)
{
    uint64_t before_ns;

    (void)unused;
    sleep_it(fake_out(COM2_SCRATCH, 1, 0x5a), VECTOR);
    assert_true(machine_sleep_is_asleep(&rig.machine));
    assert_state(0, KVM_MP_STATE_UNINITIALIZED);
    assert_state(1, KVM_MP_STATE_UNINITIALIZED);
    assert_int_equal(rig.machine.board.com2.state.scr, 0);
    assert_int_equal(machine_rig_event(&rig, &events).event, MACHINE_SLEEPS);
    before_ns = machine_rig_guest_ns(&rig);
    fake_clock_pass_ns(1000000000);
    assert_true(machine_rig_guest_ns(&rig) - before_ns > 999000000);
}

static void an_event_that_the_guest_enabled_wakes_it_at_its_vector(void **unused)
{
    (void)unused;
    sleep_it(fake_out(PM1_EN, 2, ACPI_PM_PWRBTN_BIT), VECTOR);
    press_power_button();
    assert_true(is_due());
    machine_sleep_step(&rig.machine);
    assert_false(machine_sleep_is_asleep(&rig.machine));
    assert_state(0, KVM_MP_STATE_RUNNABLE);
    assert_state(1, KVM_MP_STATE_UNINITIALIZED);
    assert_int_equal(fake_vcpu(0)->sregs.cs.base, VECTOR);
    assert_int_equal(fake_vcpu(0)->regs.rip, 0);
    assert_int_equal(rig.machine.board.pm.state.sts, WAK_BIT | ACPI_PM_PWRBTN_BIT);
    machine_rig_event(&rig, &events);
    assert_int_equal(machine_rig_event(&rig, &events).event, MACHINE_WAKES);
}

static void the_user_wakes_it_whatever_is_enabled(void **unused)
{
    (void)unused;
    sleep_it(fake_in(PM1_EN, 2), VECTOR);
    press_power_button();
    machine_sleep_step(&rig.machine);
    assert_true(machine_sleep_is_asleep(&rig.machine));
    assert_true(machine_sleep_wake(&rig.machine));
    assert_false(machine_sleep_is_asleep(&rig.machine));
    assert_false(machine_sleep_wake(&rig.machine));
}

static void the_tscs_go_on(void **unused)
{
    uint64_t offset;

    (void)unused;
    sleep_it(fake_in(PM1_EN, 2), VECTOR);
    offset = fake_vcpu(0)->tsc_offset;
    fake_clock_pass_ns(1000000000);
    machine_sleep_wake(&rig.machine);
    assert_int_equal(fake_vcpu(0)->tsc_offset, offset);
}

static void or_begin_at_0_all_at_one_instant(void **unused)
{
    (void)unused;
    rig.config.s3 = S3_TSC_RESET;
    sleep_it(fake_wrmsr(MSR_TSC_ADJUST, 12345), VECTOR);
    fake_clock_pass_ns(1000000000);
    machine_sleep_wake(&rig.machine);
    assert_true(fake_vcpu_tsc(0) < FAKE_CLOCK_HZ / 10);
    assert_int_equal(fake_vcpu(0)->tsc_offset, fake_vcpu(1)->tsc_offset);
    assert_int_equal(fake_vcpu_msr(0, MSR_TSC_ADJUST), 0);
    assert_int_equal(rig.machine.board.tsc.state.adjust[0], 0);
}

static void in_a_pause_it_sleeps_on_and_wakes_after_it(void **unused)
{
    (void)unused;
    sleep_it(fake_in(PM1_EN, 2), VECTOR);
    machine_pause_quietly(&rig.machine);
    assert_true(machine_sleep_wake(&rig.machine));
    assert_true(machine_sleep_is_asleep(&rig.machine));
    machine_resume_quietly(&rig.machine);
    machine_sleep_step(&rig.machine);
    assert_false(machine_sleep_is_asleep(&rig.machine));
}

static void a_pause_that_comes_first_finds_it_asleep(void **unused)
{
    (void)unused;
    sleep_after(fake_in(PM1_EN, 2), VECTOR);
    assert_true(is_due());
    machine_pause_quietly(&rig.machine);
    assert_state(0, KVM_MP_STATE_UNINITIALIZED);
    assert_int_equal(machine_rig_event(&rig, &events).event, MACHINE_SLEEPS);
    machine_resume_quietly(&rig.machine);
    machine_sleep_step(&rig.machine);
    assert_true(machine_sleep_is_asleep(&rig.machine));
}

static void a_fault_that_comes_first_finds_it_asleep(void **unused)
{
    char line[FAULT_ERROR_BYTES];

    (void)unused;
    sleep_after(fake_in(PM1_EN, 2), VECTOR);
    assert_true(is_due());
    assert_true(machine_rig_apply_fault(&rig, "jump by=1s", line));
    assert_state(0, KVM_MP_STATE_UNINITIALIZED);
    assert_int_equal(machine_rig_event(&rig, &events).event, MACHINE_SLEEPS);
}

static void stall_all(void)
{
    machine_lock(&rig.machine);
    for (unsigned i = 0; i < rig.machine.config->cpu_count; i++)
        vcpu_begin_stall(&rig.machine.vcpus[i], VCPU_STALL_FAULT);
    machine_unlock(&rig.machine);
}

static void a_step_after_a_pause_that_comes_first_finds_it_asleep(void **unused)
{
    (void)unused;
    sleep_after(fake_in(PM1_EN, 2), VECTOR);
    assert_true(is_due());
    /* Held already, they would not have had their run since the step before. */
    stall_all();
    rig.machine.pause.behind_cycles = 1;
    machine_pause_step(&rig.machine);
    assert_state(0, KVM_MP_STATE_UNINITIALIZED);
}

/* As a snapshot can have it that is not of this program's making. */
static void a_guest_that_runs_though_it_sleeps_can_ask_for_it(void **unused)
{
    (void)unused;
    assert_int_equal(machine_rig_create(&rig), 0);
    rig.machine.board.pm.state.asleep = 1;
    machine_sleep_restore(&rig.machine, false);
    fake_vcpu_play(0, fake_out(PM1_CNT, 2, SLEEP));
    machine_rig_start(&rig);
    assert_true(is_due());
    machine_sleep_step(&rig.machine);
    assert_state(0, KVM_MP_STATE_UNINITIALIZED);
}

static void without_a_vector_that_real_mode_reaches_the_guest_is_reset(void **unused)
{
    (void)unused;
    sleep_it(fake_in(PM1_EN, 2), 0x100000);
    machine_sleep_wake(&rig.machine);
    assert_int_equal(rig.machine.end_cause, MACHINE_ENDED_BY_GUEST_RESET);
    assert_non_null(strstr(said(), "given no waking vector below 1 MiB"));
}

static void a_kvm_that_fails_ends_the_run(void **unused)
{
    (void)unused;
    sleep_after(fake_in(PM1_EN, 2), VECTOR);
    assert_true(is_due());
    fake_kvm_fail("KVM_SET_XSAVE", 1, EINVAL);
    machine_sleep_step(&rig.machine);
    assert_int_equal(rig.machine.end_status, EXIT_STATUS_HOST_ERROR);
    assert_string_equal(rig.machine.end_text, "the guest could not be put to sleep");
}

static void without_s3_the_guest_goes_on(void **unused)
{
    (void)unused;
    rig.config.s3 = S3_OFF;
    sleep_after(fake_in(PM1_EN, 2), VECTOR);
    fake_vcpu_await_halt(0);
    assert_int_equal(rig.machine.sleep.fd, -1);
    assert_false(machine_sleep_is_asleep(&rig.machine));
}

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    return machine_events_open(&events);
}

static int teardown(void **unused)
{
    (void)unused;
    rig.machine.events = NULL;
    machine_events_close(&events);
    machine_rig_destroy(&rig);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_machine_that_sleeps_has_lost_its_vcpus_and_chips_and_time_goes_on),
        TEST(an_event_that_the_guest_enabled_wakes_it_at_its_vector),
        TEST(the_user_wakes_it_whatever_is_enabled),
        TEST(the_tscs_go_on),
        TEST(or_begin_at_0_all_at_one_instant),
        TEST(in_a_pause_it_sleeps_on_and_wakes_after_it),
        TEST(a_pause_that_comes_first_finds_it_asleep),
        TEST(a_fault_that_comes_first_finds_it_asleep),
        TEST(a_step_after_a_pause_that_comes_first_finds_it_asleep),
        TEST(a_guest_that_runs_though_it_sleeps_can_ask_for_it),
        TEST(without_a_vector_that_real_mode_reaches_the_guest_is_reset),
        TEST(a_kvm_that_fails_ends_the_run),
        TEST(without_s3_the_guest_goes_on),
    };

    return cmocka_run_group_tests_name("machine_sleep", tests, NULL, NULL);
}
