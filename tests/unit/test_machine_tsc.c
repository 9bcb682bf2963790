/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSCs of a machine's vCPUs on KVMs that do what they are told, that take it and ignore it, and
 * that refuse it: what --tsc makes of them, and what the guest's own writes do.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "kvmclock/guest_tsc.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_tsc.h"

#define MS       UINT64_C(1000000)
#define PAGE_GPA UINT64_C(0x200000)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.config.tsc_asked = true;
    return 0;
}

static void ask(unsigned vcpu, uint32_t khz, int64_t offset_ns)
{
    rig.config.tsc[vcpu] = (struct tsc_request){.khz = khz, .offset_ns = offset_ns};
}

static void create(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
}

/* How many VMs were made only to measure. */
static unsigned measurements(void)
{
    return fake_kvm_count("kvm_create_vm") - 1;
}

static void without_tsc_nothing_is_set_and_nothing_measured(void **unused)
{
    (void)unused;
    rig.config.tsc_asked = false;
    create();
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_khz"), 0);
    assert_int_equal(measurements(), 0);
    assert_true(machine_tsc_is_one(machine));
}

static void all_start_together_at_0_and_run_at_the_rate_that_is_asked_for(void **unused)
{
    uint64_t first;

    (void)unused;
    ask(0, 2000000, 0);
    ask(1, 2000000, 0);
    create();
    assert_true(machine_tsc_is_one(machine));
    first = fake_vcpu_tsc(0);
    assert_int_equal(fake_vcpu_tsc(1), first);
    assert_true(first < 2000000 * 100);
    fake_clock_pass_ns(10 * MS);
    assert_in_range(fake_vcpu_tsc(0) - first, 19999999, 20000001);
}

static void vcpus_that_are_asked_for_the_same_share_a_measurement(void **unused)
{
    (void)unused;
    ask(0, 2000000, 0);
    ask(1, 2000000, 0);
    create();
    assert_int_equal(measurements(), 1);
}

static void an_offset_moves_one_tsc_against_the_other(void **unused)
{
    (void)unused;
    ask(1, 2000000, 5 * (int64_t)MS);
    ask(0, 2000000, 0);
    create();
    assert_int_equal(fake_vcpu_tsc(1) - fake_vcpu_tsc(0), 10 * MS);
    assert_false(machine_tsc_is_one(machine));
    assert_int_equal(measurements(), 2);
}

static void a_negative_offset_makes_the_others_start_later_instead(void **unused)
{
    (void)unused;
    ask(0, 0, -4 * (int64_t)MS);
    ask(1, 0, 0);
    create();
    assert_int_equal(fake_vcpu_tsc(1) - fake_vcpu_tsc(0), 10 * MS);
    assert_true(fake_vcpu_tsc(0) < FAKE_CLOCK_HZ);
}

#define IGNORED "accepted and ignored by KVM, as a guest finds that reads its TSC"

static void what_kvm_ignores_is_an_error_and_no_machine_is_made(void **unused)
{
    (void)unused;
    fake_kvm.ignores_tsc_khz = true;
    ask(1, 2000000, 0);
    assert_int_equal(machine_rig_create(&rig), -ENOTSUP);
    assert_string_equal(said(), "minivmm: --tsc: vCPU 1: 2000000 kHz, offset +0 ns: " IGNORED
                                "; --tsc-best-effort goes on without\n");
}

static void what_kvm_refuses_is_an_error_with_its_reason(void **unused)
{
    (void)unused;
    fake_kvm_fail("kvm_vcpu_set_tsc_khz", 0, EINVAL);
    ask(0, 2000000, 0);
    assert_int_equal(machine_rig_create(&rig), -ENOTSUP);
    assert_string_equal(said(), "minivmm: --tsc: vCPU 0: 2000000 kHz, offset +0 ns: refused by "
                                "KVM: Invalid argument; --tsc-best-effort goes on without\n");
}

static void a_kvm_that_does_not_know_its_rate_cannot_set_one(void **unused)
{
    (void)unused;
    fake_kvm.host_khz = 0;
    assert_int_equal(machine_rig_create(&rig), -ENOTSUP);
    assert_string_equal(said(), "minivmm: --tsc: KVM does not know the rate of the host's TSC\n");
}

static void a_kvm_that_does_otherwise_than_it_was_measured_is_an_error(void **unused)
{
    (void)unused;
    fake_kvm_fail("kvm_vcpu_set_tsc_offset", 1, EIO);
    ask(0, 0, MS);
    assert_int_equal(machine_rig_create(&rig), -EIO);
    assert_string_equal(said(),
                        "minivmm: --tsc: vCPU 0: KVM does not do what it did for another vCPU\n");
}

static void with_best_effort_of_a_rate_that_is_ignored_the_offset_alone_takes_effect(void **unused)
{
    (void)unused;
    rig.host.tsc_best_effort = true;
    fake_kvm.ignores_tsc_khz = true;
    ask(1, 2000000, 4 * (int64_t)MS);
    create();
    assert_string_equal(said(), "minivmm: --tsc: vCPU 1: 2000000 kHz, offset +4000000 ns: " IGNORED
                                "\nminivmm: --tsc: vCPU 1: the offset alone takes effect\n");
    assert_int_equal(fake_vcpu_tsc(1) - fake_vcpu_tsc(0), 10 * MS);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_khz"), 0);
}

static void what_is_so_of_two_vcpus_is_said_of_the_first(void **unused)
{
    (void)unused;
    rig.host.tsc_best_effort = true;
    fake_kvm.ignores_tsc_khz = true;
    ask(0, 2000000, 4 * (int64_t)MS);
    ask(1, 2000000, 4 * (int64_t)MS);
    create();
    assert_string_equal(said(), "minivmm: --tsc: vCPU 0: 2000000 kHz, offset +4000000 ns: " IGNORED
                                "\nminivmm: --tsc: vCPU 0: the offset alone takes effect\n");
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_khz"), 0);
}

static void with_best_effort_what_takes_no_effect_at_all_is_not_set(void **unused)
{
    (void)unused;
    rig.host.tsc_best_effort = true;
    fake_kvm.ignores_tsc_khz = fake_kvm.ignores_tsc_offsets = true;
    ask(1, 2000000, MS);
    create();
    assert_string_equal(said(),
                        "minivmm: --tsc: vCPU 1: 2000000 kHz, offset +1000000 ns: " IGNORED "\n");
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_khz"), 0);
    assert_true(machine_tsc_is_one(machine));
}

static void write_msr(unsigned vcpu, uint32_t msr, uint64_t value)
{
    struct access access = {ACCESS_MSR, true, 8, vcpu, msr, value};

    assert_true(door_pass(machine, &access));
}

static void a_write_of_the_tsc_adds_to_tsc_adjust_what_it_adds_to_the_tsc(void **unused)
{
    uint64_t before, after;

    (void)unused;
    fake_clock_pass_ns(MS);
    before = fake_vcpu_tsc(1);
    write_msr(1, MSR_TSC, 1000);
    after = fake_vcpu_tsc(1);
    assert_int_equal(after, 1000);
    assert_int_equal(fake_vcpu_msr(1, MSR_TSC_ADJUST), after - before);
    assert_int_equal(fake_vcpu_msr(0, MSR_TSC_ADJUST), 0);
}

static void a_write_of_tsc_adjust_adds_to_the_tsc_what_it_adds_to_tsc_adjust(void **unused)
{
    uint64_t before;

    (void)unused;
    write_msr(0, MSR_TSC_ADJUST, 500);
    before = fake_vcpu_tsc(0);
    write_msr(0, MSR_TSC_ADJUST, 300);
    assert_int_equal(fake_vcpu_tsc(0) - before, -(uint64_t)200);
    assert_int_equal(fake_vcpu_msr(0, MSR_TSC_ADJUST), 300);
}

static struct pvclock_page *enable_page(unsigned vcpu)
{
    uint64_t gpa = PAGE_GPA + vcpu * sizeof(struct pvclock_page);
    struct guest_tsc tsc;

    assert_int_equal(machine_tsc_get(&machine->vcpus[vcpu], &tsc), 0);
    assert_true(
        kvmclock_write_msr(&machine->board.kvmclock.clock, vcpu, MSR_SYSTEM_TIME, gpa | 1, &tsc));
    return guest_mem_at(&machine->memory, gpa, sizeof(struct pvclock_page));
}

static void kvm_clock_tells_the_same_time_after_the_tsc_was_written(void **unused)
{
    const struct pvclock_page *page = enable_page(1);
    uint64_t before_ns;

    (void)unused;
    enable_page(0);
    assert_true((page->flags & PVCLOCK_TSC_STABLE) != 0);
    before_ns = pvclock_read_ns(page, fake_vcpu_tsc(1));
    write_msr(1, MSR_TSC, 0);
    assert_in_range(pvclock_read_ns(page, fake_vcpu_tsc(1)) - before_ns, 0, 2);
    assert_true((page->flags & PVCLOCK_TSC_STABLE) == 0);
}

/* What is kept is what KVM would say; whether it was asked. */
static bool recall(unsigned vcpu)
{
    unsigned asked = fake_kvm_count("kvm_vcpu_get_tsc_offset");
    struct guest_tsc tsc;

    assert_int_equal(machine_tsc_recall(&machine->vcpus[vcpu], &tsc), 0);
    assert_int_equal(tsc.offset, fake_vcpu(vcpu)->tsc_offset);
    return fake_kvm_count("kvm_vcpu_get_tsc_offset") != asked;
}

static void kvm_is_asked_for_an_offset_at_the_first_write_to_kvm_clock_s_msrs_alone(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        write_msr(1, MSR_SYSTEM_TIME, PAGE_GPA | 1);
        write_msr(0, MSR_SYSTEM_TIME, (PAGE_GPA + 64) | 1);
    }
    assert_int_equal(fake_kvm_count("kvm_vcpu_get_tsc_offset"), MACHINE_RIG_CPUS);
}

static void an_offset_is_kept_until_the_guest_writes_its_tsc(void **unused)
{
    (void)unused;
    recall(1);
    assert_false(recall(1));
    write_msr(1, MSR_TSC, 1000);
    recall(1);
    write_msr(1, MSR_TSC_ADJUST, 77);
    recall(1);
    assert_false(recall(1));
}

static void an_offset_that_kvm_may_move_by_itself_is_asked_for_each_time(void **unused)
{
    (void)unused;
    recall(0);
    rig.config.kvmclock = KVMCLOCK_KERNEL;
    assert_true(recall(0));
    rig.config.kvmclock = KVMCLOCK_USER;
    machine->time.is_constant = false;
    assert_true(recall(0));
    machine->time.is_constant = true;
    machine->time.facts.invariant_tsc = false;
    assert_true(recall(0));
}

static void what_kvm_does_not_say_is_not_kept(void **unused)
{
    struct guest_tsc tsc;

    (void)unused;
    fake_kvm_fail("kvm_vcpu_get_tsc_offset", 0, EIO);
    assert_int_equal(machine_tsc_recall(&machine->vcpus[0], &tsc), -EIO);
    fake_kvm_fail(NULL, 0, 0);
    assert_true(recall(0));
}

static void set_deadline(unsigned vcpu, uint64_t tsc)
{
    assert_int_equal(kvm_vcpu_set_msr(machine->vcpus[vcpu].fd, MSR_TSC_DEADLINE, tsc), 0);
    fake_kvm_forget_calls();
}

static void a_deadline_that_has_not_come_is_written_again_after_the_tsc(void **unused)
{
    static const char expected[] = "kvm_vcpu_set_msr 0 0x6e0 9000000000000\n";
    const char *calls;

    (void)unused;
    set_deadline(0, UINT64_C(9000000000000));
    write_msr(0, MSR_TSC, 1000);
    calls = fake_kvm_calls();
    assert_non_null(strstr(calls, "kvm_vcpu_set_tsc_offset 0"));
    assert_string_equal(calls + strlen(calls) - strlen(expected), expected);
}

static void a_deadline_that_is_past_is_not_written_again(void **unused)
{
    (void)unused;
    set_deadline(0, fake_vcpu_tsc(0));
    write_msr(0, MSR_TSC, 1000);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_msr"), 1);
    assert_int_equal(fake_vcpu_tsc(0), 1000);
}

static void on_a_kvm_that_ignores_offsets_a_write_changes_neither_register(void **unused)
{
    (void)unused;
    fake_kvm.ignores_tsc_offsets = true;
    machine->tsc = (struct machine_tsc){0};
    machine_tsc_find_out(machine);
    fake_kvm_forget_calls();
    write_msr(0, MSR_TSC, 1000);
    write_msr(0, MSR_TSC_ADJUST, 1000);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_tsc_offset"), 0);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_msr"), 0);
    assert_false(machine_is_ending(machine));
}

static void a_kvm_that_fails_in_the_middle_of_a_write_ends_the_machine(void **unused)
{
    (void)unused;
    fake_kvm_fail("kvm_vcpu_set_msr", 0, EIO);
    write_msr(1, MSR_TSC, 1000);
    assert_true(machine_is_ending(machine));
    assert_int_equal(machine->end_status, EXIT_STATUS_HOST_ERROR);
    assert_string_equal(machine->end_text, "vCPU 1: its TSC cannot be set: Input/output error");
}

#define MADE(name) cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)
#define FAILED(name)                                                                               \
    cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown_failed, &rig)
#define WRITE(name)                                                                                \
    cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup_made, machine_rig_teardown,   \
                                             &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MADE(without_tsc_nothing_is_set_and_nothing_measured),
        MADE(all_start_together_at_0_and_run_at_the_rate_that_is_asked_for),
        MADE(vcpus_that_are_asked_for_the_same_share_a_measurement),
        MADE(an_offset_moves_one_tsc_against_the_other),
        MADE(a_negative_offset_makes_the_others_start_later_instead),
        FAILED(what_kvm_ignores_is_an_error_and_no_machine_is_made),
        FAILED(what_kvm_refuses_is_an_error_with_its_reason),
        FAILED(a_kvm_that_does_not_know_its_rate_cannot_set_one),
        FAILED(a_kvm_that_does_otherwise_than_it_was_measured_is_an_error),
        MADE(with_best_effort_of_a_rate_that_is_ignored_the_offset_alone_takes_effect),
        MADE(what_is_so_of_two_vcpus_is_said_of_the_first),
        MADE(with_best_effort_what_takes_no_effect_at_all_is_not_set),
        WRITE(a_write_of_the_tsc_adds_to_tsc_adjust_what_it_adds_to_the_tsc),
        WRITE(a_write_of_tsc_adjust_adds_to_the_tsc_what_it_adds_to_tsc_adjust),
        WRITE(kvm_clock_tells_the_same_time_after_the_tsc_was_written),
        WRITE(kvm_is_asked_for_an_offset_at_the_first_write_to_kvm_clock_s_msrs_alone),
        WRITE(an_offset_is_kept_until_the_guest_writes_its_tsc),
        WRITE(an_offset_that_kvm_may_move_by_itself_is_asked_for_each_time),
        WRITE(what_kvm_does_not_say_is_not_kept),
        WRITE(a_deadline_that_has_not_come_is_written_again_after_the_tsc),
        WRITE(a_deadline_that_is_past_is_not_written_again),
        WRITE(on_a_kvm_that_ignores_offsets_a_write_changes_neither_register),
        WRITE(a_kvm_that_fails_in_the_middle_of_a_write_ends_the_machine),
    };

    return cmocka_run_group_tests_name("machine_tsc", tests, NULL, NULL);
}
