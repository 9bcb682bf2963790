/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's state: the orders in which KVM is asked and told, and MSRs that it refuses. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/kvm/vcpu_state.h"

#define REG_TMICT     0x380
#define PLATFORM_INFO 0xce
#define LSTAR         0xc0000082

static struct machine_rig rig;
static struct vcpu_state_kind kind;
static struct vcpu_state state;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_make(&rig);
    assert_int_equal(vcpu_state_ask(&rig.machine.kvm, false, &kind), 0);
    fake_kvm_forget_calls();
    return 0;
}

static int fd_of(unsigned index)
{
    return rig.machine.vcpus[index].fd;
}

static void get(void)
{
    assert_int_equal(vcpu_state_get(fd_of(0), &kind, &state), 0);
    fake_kvm_forget_calls();
}

static void mp_state_is_got_first_msrs_before_the_local_apic_and_events_last(void **unused)
{
    (void)unused;
    assert_int_equal(vcpu_state_get(fd_of(0), &kind, &state), 0);
    assert_string_equal(fake_kvm_calls(), "KVM_GET_MP_STATE 0\n"
                                          "kvm_vcpu_get_regs 0\n"
                                          "KVM_GET_SREGS2 0\n"
                                          "KVM_GET_XSAVE2 0\n"
                                          "KVM_GET_XCRS 0\n"
                                          "KVM_GET_DEBUGREGS 0\n"
                                          "KVM_GET_MSRS 0\n"
                                          "kvm_vcpu_get_lapic 0\n"
                                          "KVM_GET_CPUID2 0\n"
                                          "kvm_vcpu_get_events 0\n");
}

static void registers_are_set_before_the_local_apic_and_events_last(void **unused)
{
    (void)unused;
    fake_vcpu(0)->xcrs.nr_xcrs = 1;
    get();
    assert_int_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    assert_string_equal(fake_kvm_calls(), "KVM_SET_MP_STATE 1\n"
                                          "kvm_vcpu_set_regs 1\n"
                                          "KVM_SET_SREGS2 1\n"
                                          "KVM_SET_XCRS 1\n"
                                          "KVM_SET_XSAVE 1\n"
                                          "KVM_SET_DEBUGREGS 1\n"
                                          "kvm_vcpu_set_lapic 1\n"
                                          "KVM_SET_MSRS 1\n"
                                          "KVM_SET_VCPU_EVENTS 1\n");
}

static void what_was_got_is_what_is_set(void **unused)
{
    struct fake_vcpu *from = fake_vcpu(0), *to = fake_vcpu(1);

    (void)unused;
    from->regs.rip = 0x1234;
    from->sregs2.efer = 0xd01;
    from->events.nmi.pending = 1;
    from->debugregs.db[3] = 0x77;
    from->xcrs.nr_xcrs = 1;
    from->xcrs.xcrs[0].value = 7;
    memset(from->xsave, 0x5a, 4096);
    from->mp_state.mp_state = KVM_MP_STATE_HALTED;
    *fake_vcpu_find_msr(from, LSTAR) = 0xffffffff81000000;
    get();
    assert_int_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    assert_memory_equal(&to->regs, &from->regs, sizeof to->regs);
    assert_memory_equal(&to->sregs2, &from->sregs2, sizeof to->sregs2);
    assert_memory_equal(&to->events, &from->events, sizeof to->events);
    assert_memory_equal(&to->debugregs, &from->debugregs, sizeof to->debugregs);
    assert_memory_equal(&to->xcrs, &from->xcrs, sizeof to->xcrs);
    assert_memory_equal(to->xsave, from->xsave, 4096);
    assert_int_equal(to->mp_state.mp_state, KVM_MP_STATE_HALTED);
    assert_int_equal(fake_vcpu_msr(1, LSTAR), 0xffffffff81000000);
}

static void the_timer_of_the_local_apic_stands_still_once_it_is_set(void **unused)
{
    uint32_t initial = 1000000, set;

    (void)unused;
    memcpy(fake_vcpu(0)->lapic.regs + REG_TMICT, &initial, sizeof initial);
    get();
    assert_int_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    memcpy(&set, fake_vcpu(1)->lapic.regs + REG_TMICT, sizeof set);
    assert_int_equal(set, 0);
    memcpy(&set, state.lapic.regs + REG_TMICT, sizeof set);
    assert_int_equal(set, initial);
}

static void msrs_are_those_that_kvm_lists_and_the_mtrrs(void **unused)
{
    (void)unused;
    assert_true(vcpu_msrs_have(&kind.msrs, LSTAR));
    assert_true(vcpu_msrs_have(&kind.msrs, 0x3b));
    assert_true(vcpu_msrs_have(&kind.msrs, 0x200));
    assert_true(vcpu_msrs_have(&kind.msrs, 0x20f));
    assert_true(vcpu_msrs_have(&kind.msrs, 0x26f));
    assert_true(vcpu_msrs_have(&kind.msrs, 0x2ff));
}

static void tsc_deadline_and_kvm_clock_are_kept_elsewhere(void **unused)
{
    (void)unused;
    assert_false(vcpu_msrs_have(&kind.msrs, 0x10));
    assert_false(vcpu_msrs_have(&kind.msrs, 0x6e0));
    assert_false(vcpu_msrs_have(&kind.msrs, 0x4b564d01));
    assert_int_equal(vcpu_state_ask(&rig.machine.kvm, true, &kind), 0);
    assert_true(vcpu_msrs_have(&kind.msrs, 0x4b564d01));
}

/* KVM takes a write of 0x40000000 for the address of a page to fill, and fills the GDT's. */
static void hyper_vs_msrs_are_left_alone(void **unused)
{
    (void)unused;
    assert_false(vcpu_msrs_have(&kind.msrs, 0x40000000));
    get();
    state.msrs.entries[0] = (struct kvm_msr_entry){.index = 0x40000000, .data = 0x1000};
    assert_int_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    assert_int_equal(fake_vcpu_msr(1, 0x40000000), 0);
}

/* A stranger's file may have them all the same. */
static void msrs_that_are_kept_elsewhere_are_not_set(void **unused)
{
    (void)unused;
    get();
    state.msrs.entries[0] = (struct kvm_msr_entry){.index = 0x10, .data = 5};
    state.msrs.entries[2] = (struct kvm_msr_entry){.index = 0x4b564d01, .data = 0x1001};
    assert_int_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    assert_int_equal(fake_vcpu_msr(1, 0x10), 0);
    assert_int_equal(fake_vcpu_msr(1, 0x4b564d01), 0);
}

static void an_msr_that_cannot_be_read_is_left_out_and_the_rest_is_not(void **unused)
{
    uint32_t all;

    (void)unused;
    get();
    all = state.msrs.count;
    fake_kvm.refused_msr = 0x250;
    get();
    assert_int_equal(state.msrs.count, all - 1);
    for (uint32_t i = 0; i < state.msrs.count; i++)
        assert_int_not_equal(state.msrs.entries[i].index, 0x250);
}

static void an_msr_that_the_guest_has_and_this_kvm_refuses_is_named(void **unused)
{
    (void)unused;
    *fake_vcpu_find_msr(fake_vcpu(0), LSTAR) = 5;
    get();
    fake_kvm.refused_msr = LSTAR;
    assert_int_not_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    assert_non_null(
        strstr(said(), "vCPU 1: this KVM does not take MSR 0xc0000082 with the value 0x5"));
}

static void a_refused_msr_that_is_0_or_the_hosts_is_left_out(void **unused)
{
    (void)unused;
    get();
    fake_kvm.refused_msr = LSTAR;
    assert_int_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    state.msrs.entries[0] = (struct kvm_msr_entry){.index = PLATFORM_INFO, .data = 5};
    fake_kvm.refused_msr = PLATFORM_INFO;
    assert_int_equal(vcpu_state_set(fd_of(0), 0, &kind, &state), 0);
    assert_non_null(strstr(said(), "this KVM does not take MSR 0xce; the guest goes on without"));
    assert_int_equal(fake_vcpu_msr(0, 0x2ff), fake_vcpu_msr(1, 0x2ff));
}

static void a_larger_xsave_area_is_refused_and_a_smaller_one_filled_up(void **unused)
{
    (void)unused;
    memset(fake_vcpu(1)->xsave, 0xff, sizeof fake_vcpu(1)->xsave);
    get();
    kind.xsave_bytes = 8192;
    fake_kvm.xsave_bytes = 8192;
    assert_int_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
    assert_int_equal(fake_vcpu(1)->xsave[8191], 0);
    state.xsave_bytes = 8192;
    kind.xsave_bytes = 4096;
    assert_int_not_equal(vcpu_state_set(fd_of(1), 1, &kind, &state), 0);
}

static void the_first_call_that_fails_ends_it(void **unused)
{
    (void)unused;
    fake_kvm_fail("KVM_GET_XCRS", 0, 5);
    assert_int_equal(vcpu_state_get(fd_of(0), &kind, &state), -5);
    assert_int_equal(fake_kvm_count("KVM_GET_MSRS"), 0);
    fake_kvm_fail("KVM_SET_SREGS2", 0, 22);
    assert_int_equal(vcpu_state_set(fd_of(0), 0, &kind, &state), -22);
    assert_int_equal(fake_kvm_count("kvm_vcpu_set_lapic"), 0);
}

#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, setup, machine_rig_teardown, &rig)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mp_state_is_got_first_msrs_before_the_local_apic_and_events_last),
        TEST(registers_are_set_before_the_local_apic_and_events_last),
        TEST(what_was_got_is_what_is_set),
        TEST(the_timer_of_the_local_apic_stands_still_once_it_is_set),
        TEST(msrs_are_those_that_kvm_lists_and_the_mtrrs),
        TEST(tsc_deadline_and_kvm_clock_are_kept_elsewhere),
        TEST(hyper_vs_msrs_are_left_alone),
        TEST(msrs_that_are_kept_elsewhere_are_not_set),
        TEST(an_msr_that_cannot_be_read_is_left_out_and_the_rest_is_not),
        TEST(an_msr_that_the_guest_has_and_this_kvm_refuses_is_named),
        TEST(a_refused_msr_that_is_0_or_the_hosts_is_left_out),
        TEST(a_larger_xsave_area_is_refused_and_a_smaller_one_filled_up),
        TEST(the_first_call_that_fails_ends_it),
    };

    return cmocka_run_group_tests_name("vcpu_state", tests, NULL, NULL);
}
