/* SPDX-License-Identifier: BSD-2-Clause */
/* Who answers the guest's hypercalls, and what it is told. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <asm/kvm_para.h>
#include <linux/kvm_para.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/hypercall.h"
#include "vmm/machine/machine_fault.h"

#define MS       UINT64_C(1000000)
#define PAGE_GPA UINT64_C(0x200000)
/* As KVM_EXIT_XEN has RAX. */
#define NOT_THERE ((uint64_t)-KVM_ENOSYS)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static void create(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
}

static void where_kvm_hands_them_over_the_guest_never_reaches_the_host(void **unused)
{
    (void)unused;
    rig.config.on_resume = ON_RESUME_FREEZE;
    create();
    assert_false(hypercall_reaches_host(machine));
    assert_false(machine->kvm_hidden);
    assert_string_equal(said(), "");
}

static void where_kvm_keeps_them_the_guest_can_see_the_hosts_time(void **unused)
{
    (void)unused;
    fake_kvm.can_intercept_hypercalls = false;
    create();
    assert_true(hypercall_reaches_host(machine));
    assert_false(machine->kvm_hidden);
    assert_string_equal(said(), "");
}

#define CANNOT                                                                                     \
    ": this KVM cannot intercept hypercalls (KVM_CAP_XEN_HVM), by which a guest gets the host's "  \
    "time in spite of it"

static void where_kvm_keeps_them_and_guest_time_deviates_kvm_is_hidden(void **unused)
{
    (void)unused;
    fake_kvm.can_intercept_hypercalls = false;
    rig.config.on_resume = ON_RESUME_FREEZE;
    create();
    assert_true(machine->kvm_hidden);
    assert_false(hypercall_reaches_host(machine));
    assert_string_equal(said(), "minivmm: --on-resume freeze" CANNOT
                                ": KVM's CPUID signature is hidden, and kvm-clock with it\n");
}

static void whose_time_it_gives_hides_such_a_kvm_too(void **unused)
{
    static const struct {
        uint8_t ptp_kvm;
        const char *said;
    } rows[] = {{PTP_KVM_GUEST, "guest"}, {PTP_KVM_OFF, "off"}};
    char expected[512];

    (void)unused;
    fake_kvm.can_intercept_hypercalls = false;
    rig.config.kvmclock_asked = true;
    for (unsigned i = 0; i < 2; i++) {
        rig.config.ptp_kvm = rows[i].ptp_kvm;
        assert_int_equal(machine_rig_create(&rig), -ENOTSUP);
        snprintf(expected, sizeof expected, "minivmm: --ptp-kvm %s" CANNOT "; leave out --kvmclock",
                 rows[i].said);
        assert_memory_equal(said(), expected, strlen(expected));
    }
    rig.config.kvmclock_asked = false;
    create();
    assert_true(machine->kvm_hidden);
    assert_false(hypercall_reaches_host(machine));
}

static void the_hosts_time_is_what_such_a_kvm_gives_by_itself(void **unused)
{
    (void)unused;
    fake_kvm.can_intercept_hypercalls = false;
    rig.config.ptp_kvm = PTP_KVM_HOST;
    rig.config.on_resume = ON_RESUME_FREEZE;
    create();
    assert_false(machine->kvm_hidden);
    assert_false(hypercall_reaches_host(machine));
    assert_string_equal(said(), "");
}

static void an_option_that_needs_kvms_signature_is_then_an_error(void **unused)
{
    static const struct {
        bool kvmclock_asked;
        uint8_t steal;
        const char *said;
    } rows[] = {
        {true, STEAL_OFF, "--kvmclock"},
        {false, STEAL_KVM, "--steal"},
    };
    char expected[512];

    (void)unused;
    fake_kvm.can_intercept_hypercalls = false;
    rig.config.rtc_base = RTC_BASE_FIXED;
    for (unsigned i = 0; i < 2; i++) {
        rig.config.kvmclock_asked = rows[i].kvmclock_asked;
        rig.config.steal = rows[i].steal;
        assert_int_equal(machine_rig_create(&rig), -ENOTSUP);
        snprintf(expected, sizeof expected,
                 "minivmm: --rtc base=" CANNOT "; leave out %s, so that KVM's CPUID signature is "
                 "hidden, and kvm-clock with it\n",
                 rows[i].said);
        assert_string_equal(said(), expected);
    }
}

static void a_kvm_that_fails_to_hand_them_over_is_an_error(void **unused)
{
    (void)unused;
    fake_kvm_fail("kvm_intercept_hypercalls", 0, EIO);
    assert_int_equal(machine_rig_create(&rig), -EIO);
    assert_string_equal(said(), "minivmm: kvm_intercept_hypercalls: Input/output error\n");
}

/* What vCPU 1 gets for this exit. */
static uint64_t answer(struct fake_exit exit)
{
    struct vcpu *vcpu = &machine->vcpus[1];

    fake_vcpu_play(1, exit);
    assert_int_equal(kvm_vcpu_run(vcpu->fd), 0);
    hypercall_answer(vcpu);
    return vcpu->run->xen.u.hcall.result;
}

static const struct kvm_clock_pairing *pairing(void)
{
    return guest_mem_at(&machine->memory, PAGE_GPA, sizeof(struct kvm_clock_pairing));
}

static struct fake_exit pair_clocks(uint64_t gpa)
{
    return fake_hypercall(KVM_HC_CLOCK_PAIRING, gpa, KVM_CLOCK_PAIRING_WALLCLOCK);
}

static void clock_pairing_gives_wall_time_and_tsc_of_one_instant(void **unused)
{
    uint64_t wall_ns;

    (void)unused;
    create();
    fake_clock_pass_ns(1234 * MS);
    assert_int_equal(answer(pair_clocks(PAGE_GPA)), 0);
    wall_ns = machine->wall_zero_ns + machine_now(machine);
    assert_int_equal(pairing()->sec, wall_ns / NS_PER_SEC);
    assert_int_equal(pairing()->nsec, wall_ns % NS_PER_SEC);
    assert_int_equal(pairing()->tsc, fake_vcpu_tsc(1));
    assert_int_equal(pairing()->flags, 0);
}

static void with_another_date_clock_pairing_gives_that_not_the_hosts(void **unused)
{
    (void)unused;
    rig.config.rtc_base = RTC_BASE_FIXED;
    rig.config.rtc_start_sec = 1000000000;
    create();
    fake_clock_pass_ns(2000 * MS);
    assert_int_equal(answer(pair_clocks(PAGE_GPA)), 0);
    assert_int_equal(pairing()->sec, 1000000002);
}

/* A reading of the clock between two of the TSC takes the fake host at most 80 ns. */
static void clock_pairing_gives_the_hosts_date_to_who_may_have_it(void **unused)
{
    uint64_t date_ns, passed_ns;

    (void)unused;
    rig.config.ptp_kvm = PTP_KVM_HOST;
    create();
    fake_clock_pass_ns(1234 * MS);
    fake_clock.realtime_zero_ns += 6 * NS_PER_SEC;
    assert_int_equal(answer(pair_clocks(PAGE_GPA)), 0);
    date_ns = (uint64_t)pairing()->sec * NS_PER_SEC + (uint64_t)pairing()->nsec;
    passed_ns = fake_clock.realtime_zero_ns + fake_clock_ns() - date_ns;
    assert_in_range(passed_ns, 0, 8 * 80);
    assert_in_range(mul_div_floor(fake_vcpu_tsc(1) - pairing()->tsc, NS_PER_SEC, FAKE_CLOCK_HZ),
                    passed_ns - 40, passed_ns + 40);
    assert_int_equal(pairing()->flags, 0);
}

static int64_t paired_ns(void)
{
    assert_int_equal(answer(pair_clocks(PAGE_GPA)), 0);
    return pairing()->sec * (int64_t)NS_PER_SEC + pairing()->nsec;
}

/* Calls that read clocks take time. */
static void assert_paired_ahead(int64_t expected_ns)
{
    int64_t ahead_ns = paired_ns() - (int64_t)(machine->wall_zero_ns + machine_now(machine));

    assert_in_range(ahead_ns - expected_ns + (int64_t)MS, 0, 2 * MS);
}

/* The vCPUs' threads do not run: the guest that asks is this test. */
static void a_wrong_clock_pairing_is_as_its_faults_say(void **unused)
{
    const int64_t sec = (int64_t)NS_PER_SEC;
    struct date_fault *fault = &machine->dates.ptp;

    (void)unused;
    create();
    date_fault_step(fault, -3600 * sec);
    assert_paired_ahead(-3600 * sec);
    date_fault_set_rate(fault, machine_now(machine), 100000000);
    fake_clock_pass_ns(100 * NS_PER_SEC);
    assert_paired_ahead(-3590 * sec);
    date_fault_stick(fault, machine_now(machine), true);
    fake_clock_pass_ns(100 * NS_PER_SEC);
    assert_paired_ahead(-3690 * sec);
}

static void clock_pairing_that_is_not_ours_has_no_faults(void **unused)
{
    char line[FAULT_ERROR_BYTES];

    (void)unused;
    rig.config.ptp_kvm = PTP_KVM_OFF;
    create();
    machine_rig_start(&rig);
    assert_false(machine_rig_apply_fault(&rig, "ptp.step by=1h", line));
    assert_string_equal(
        line, "ptp.step: minivmm does not answer ptp_kvm here: the run has --ptp-kvm off");
}

static void clock_pairing_that_is_off_says_so_and_writes_nothing(void **unused)
{
    (void)unused;
    rig.config.ptp_kvm = PTP_KVM_OFF;
    create();
    assert_int_equal(answer(pair_clocks(PAGE_GPA)), (uint64_t)-KVM_EOPNOTSUPP);
    assert_int_equal(pairing()->tsc, 0);
}

static void clock_pairing_of_another_clock_or_into_no_ram_is_refused(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(answer(fake_hypercall(KVM_HC_CLOCK_PAIRING, PAGE_GPA, 1)),
                     (uint64_t)-KVM_EOPNOTSUPP);
    assert_int_equal(answer(pair_clocks(rig.config.memory_bytes - 8)), (uint64_t)-KVM_EFAULT);
    assert_int_equal(answer(pair_clocks(UINT64_MAX)), (uint64_t)-KVM_EFAULT);
}

static void outside_64_bit_mode_registers_count_with_their_low_32_bits(void **unused)
{
    const uint64_t high = UINT64_C(0xdead) << 32;
    struct fake_exit exit = fake_hypercall(high | KVM_HC_CLOCK_PAIRING, high | PAGE_GPA, high);

    (void)unused;
    create();
    assert_int_equal(answer(exit), NOT_THERE);
    exit.is_32_bit = true;
    assert_int_equal(answer(exit), 0);
    assert_int_equal(pairing()->tsc, fake_vcpu_tsc(1));
}

static void user_mode_may_make_none(void **unused)
{
    struct fake_exit exit = pair_clocks(PAGE_GPA);

    (void)unused;
    create();
    exit.cpl = 3;
    assert_int_equal(answer(exit), (uint64_t)-KVM_EPERM);
    assert_int_equal(pairing()->tsc, 0);
}

static void no_other_hypercall_exists(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(answer(fake_hypercall(KVM_HC_KICK_CPU, 0, 0)), NOT_THERE);
    assert_int_equal(answer(fake_hypercall(UINT64_MAX, 0, 0)), NOT_THERE);
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown, &rig)
#define FAILED(name)                                                                               \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, machine_rig_teardown_failed, \
                                             &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(where_kvm_hands_them_over_the_guest_never_reaches_the_host),
        TEST(where_kvm_keeps_them_the_guest_can_see_the_hosts_time),
        TEST(where_kvm_keeps_them_and_guest_time_deviates_kvm_is_hidden),
        TEST(whose_time_it_gives_hides_such_a_kvm_too),
        TEST(the_hosts_time_is_what_such_a_kvm_gives_by_itself),
        FAILED(an_option_that_needs_kvms_signature_is_then_an_error),
        FAILED(a_kvm_that_fails_to_hand_them_over_is_an_error),
        TEST(clock_pairing_gives_wall_time_and_tsc_of_one_instant),
        TEST(with_another_date_clock_pairing_gives_that_not_the_hosts),
        TEST(clock_pairing_gives_the_hosts_date_to_who_may_have_it),
        TEST(a_wrong_clock_pairing_is_as_its_faults_say),
        TEST(clock_pairing_that_is_not_ours_has_no_faults),
        TEST(clock_pairing_that_is_off_says_so_and_writes_nothing),
        TEST(clock_pairing_of_another_clock_or_into_no_ram_is_refused),
        TEST(outside_64_bit_mode_registers_count_with_their_low_32_bits),
        TEST(user_mode_may_make_none),
        TEST(no_other_hypercall_exists),
    };

    return cmocka_run_group_tests_name("hypercall", tests, NULL, NULL);
}
