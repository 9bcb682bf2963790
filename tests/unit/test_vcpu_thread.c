/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's own thread: what it makes of each exit, and when it ends. Also built with TSan. */
#include "tests/unit/unit.h"

#include <errno.h>

#include "boot/acpi_map.h"
#include "kvmclock/kvmclock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "vmm/machine/vcpu.h"
#include "vmm/machine/vcpu_thread.h"

#define PAGE_GPA UINT64_C(0x200000)
#define SCRATCH  0x3ff

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    vcpu_prepare_kick_signal();
    return 0;
}

/* vCPU 0 makes these exits and then halts in the guest. */
static const struct fake_answer *run(const struct fake_exit *exits, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        fake_vcpu_play(0, exits[i]);
    assert_int_equal(vcpu_start(&machine->vcpus[0]), 0);
    fake_vcpu_await_halt(0);
    assert_false(machine_is_ending(machine));
    return fake_vcpu(0)->answers;
}

#define RUN(...)                                                                                   \
    run((const struct fake_exit[]){__VA_ARGS__},                                                   \
        sizeof((const struct fake_exit[]){__VA_ARGS__}) / sizeof(struct fake_exit))

/* vCPU 0 makes this exit, after which it is not run any more. */
static void end_by(struct fake_exit exit)
{
    fake_vcpu_play(0, exit);
    fake_vcpu_play(0, fake_out(SCRATCH, 1, 0x55));
    assert_int_equal(vcpu_start(&machine->vcpus[0]), 0);
    vcpu_join(&machine->vcpus[0]);
    assert_true(machine_is_ending(machine));
    assert_int_equal(fake_vcpu(0)->next_exit, 1);
}

static void ports_are_written_and_read(void **unused)
{
    const struct fake_answer *answers =
        RUN(fake_out(SCRATCH, 1, 0x5a), fake_in(SCRATCH, 1), fake_in(0x1234, 4));

    (void)unused;
    assert_int_equal(answers[1].value, 0x5a);
    assert_int_equal(answers[2].value, 0xffffffff);
}

/* REP OUTSB, and REP INSB of the same length. */
static void a_string_is_as_many_accesses_to_one_port(void **unused)
{
    struct fake_exit out = fake_out(SCRATCH, 1, 0x030201), in = fake_in(SCRATCH, 1);
    const struct fake_answer *answers;

    (void)unused;
    out.count = in.count = 3;
    answers = RUN(out, in);
    assert_memory_equal(answers[1].data, "\3\3\3\0", 4);
}

static void memory_is_written_and_read(void **unused)
{
    const uint64_t gpa = ACPI_MAP_HPET_GPA + HPET_REG_TIMER_COMPARATOR(0);
    const struct fake_answer *answers = RUN(fake_mmio_write(gpa, 4, 0x12345678),
                                            fake_mmio_read(gpa, 4), fake_mmio_read(0xd0000000, 8));

    (void)unused;
    assert_int_equal(answers[1].value, 0x12345678);
    assert_int_equal(answers[2].value, UINT64_MAX);
}

static void msrs_are_written_and_read(void **unused)
{
    const struct fake_answer *answers =
        RUN(fake_wrmsr(MSR_SYSTEM_TIME, PAGE_GPA | 1), fake_rdmsr(MSR_SYSTEM_TIME));
    const struct pvclock_page *page = guest_mem_at(&machine->memory, PAGE_GPA, sizeof *page);

    (void)unused;
    assert_false(answers[0].error);
    assert_false(answers[1].error);
    assert_int_equal(answers[1].value, PAGE_GPA | 1);
    assert_int_not_equal(page->tsc_to_system_mul, 0);
}

static void an_msr_that_is_refused_or_nobodys_gives_the_guest_a_fault(void **unused)
{
    const struct fake_answer *answers = RUN(fake_wrmsr(MSR_SYSTEM_TIME, UINT64_C(1) << 50 | 1),
                                            fake_rdmsr(0x1234), fake_wrmsr(0x1234, 1));

    (void)unused;
    for (unsigned i = 0; i < 3; i++)
        assert_true(answers[i].error);
}

static void a_hypercall_gets_its_answer(void **unused)
{
    const struct fake_answer *answers = RUN(fake_hypercall(77, 0, 0));

    (void)unused;
    assert_int_equal(answers[0].value, (uint64_t)-1000);
}

static void a_run_that_a_signal_interrupts_is_made_again(void **unused)
{
    RUN(fake_run_error(EINTR), fake_run_error(EAGAIN), fake_exit_of(KVM_EXIT_INTR),
        fake_exit_of(KVM_EXIT_IRQ_WINDOW_OPEN), fake_out(SCRATCH, 1, 0x77));

    (void)unused;
    assert_int_equal(fake_kvm_count("kvm_vcpu_run"), 6);
    assert_int_equal(fake_vcpu(0)->answer_count, 3);
}

static void the_latest_exits_are_remembered_with_their_place(void **unused)
{
    static const struct vcpu_exit expected[] = {
        {KVM_EXIT_IO, SCRATCH},
        {KVM_EXIT_MMIO, 0xd0000000},
        {KVM_EXIT_X86_RDMSR, 0x1234},
        {KVM_EXIT_X86_WRMSR, MSR_WALL_CLOCK},
        {KVM_EXIT_XEN, 77},
        {KVM_EXIT_INTR, 0},
        {KVM_EXIT_IRQ_WINDOW_OPEN, 0},
    };
    const struct vcpu *vcpu = &machine->vcpus[0];

    (void)unused;
    RUN(fake_in(SCRATCH, 1), fake_mmio_read(0xd0000000, 4), fake_rdmsr(0x1234),
        fake_wrmsr(MSR_WALL_CLOCK, 0), fake_hypercall(77, 0, 0), fake_exit_of(KVM_EXIT_INTR),
        fake_exit_of(KVM_EXIT_IRQ_WINDOW_OPEN));
    assert_int_equal(vcpu->exit_count, 7);
    for (unsigned i = 0; i < 7; i++) {
        assert_int_equal(vcpu->recent[i].reason, expected[i].reason);
        assert_int_equal(vcpu->recent[i].where, expected[i].where);
    }
}

static void an_exit_that_nobody_handles_ends_the_machine(void **unused)
{
    (void)unused;
    end_by(fake_exit_of(KVM_EXIT_SHUTDOWN));
    assert_int_equal(machine->end_status, EXIT_STATUS_GUEST_CRASH);
}

static void a_run_that_fails_ends_the_machine(void **unused)
{
    (void)unused;
    end_by(fake_run_error(EFAULT));
    assert_int_equal(machine->end_status, EXIT_STATUS_HOST_ERROR);
    assert_string_equal(machine->end_text, "vCPU 0: KVM_RUN: Bad address");
}

static void a_guest_that_ends_the_machine_is_not_run_any_more(void **unused)
{
    (void)unused;
    end_by(fake_out(0xf4, 1, 0x10));
    assert_int_equal(machine->end_status, 0x21);
}

static void once_the_machine_ends_a_thread_that_is_kicked_ends(void **unused)
{
    (void)unused;
    RUN(fake_out(SCRATCH, 1, 1));
    machine_end(machine, EXIT_STATUS_OK, "%s", "");
    vcpu_kick(&machine->vcpus[0]);
    vcpu_join(&machine->vcpus[0]);
    assert_false(machine->vcpus[0].thread_started);
    vcpu_join(&machine->vcpus[0]);
}

/* Each counts a COM port's scratch register up, by reading and writing it. */
static void vcpus_run_beside_each_other(void **unused)
{
    static const uint16_t ports[MACHINE_RIG_CPUS] = {0x3ff, 0x2ff};

    (void)unused;
    for (unsigned n = 0; n < FAKE_VCPU_EXITS / 2; n++)
        for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++) {
            fake_vcpu_play(i, fake_out(ports[i], 1, n + i));
            fake_vcpu_play(i, fake_in(ports[i], 1));
        }
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++)
        assert_int_equal(vcpu_start(&machine->vcpus[i]), 0);
    for (unsigned i = 0; i < MACHINE_RIG_CPUS; i++) {
        fake_vcpu_await_halt(i);
        for (unsigned n = 0; n < FAKE_VCPU_EXITS / 2; n++)
            assert_int_equal(fake_vcpu(i)->answers[2 * n + 1].value, n + i);
    }
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ports_are_written_and_read),
        TEST(a_string_is_as_many_accesses_to_one_port),
        TEST(memory_is_written_and_read),
        TEST(msrs_are_written_and_read),
        TEST(an_msr_that_is_refused_or_nobodys_gives_the_guest_a_fault),
        TEST(a_hypercall_gets_its_answer),
        TEST(a_run_that_a_signal_interrupts_is_made_again),
        TEST(the_latest_exits_are_remembered_with_their_place),
        TEST(an_exit_that_nobody_handles_ends_the_machine),
        TEST(a_run_that_fails_ends_the_machine),
        TEST(a_guest_that_ends_the_machine_is_not_run_any_more),
        TEST(once_the_machine_ends_a_thread_that_is_kicked_ends),
        TEST(vcpus_run_beside_each_other),
    };

    return cmocka_run_group_tests_name("vcpu_thread", tests, NULL, NULL);
}
