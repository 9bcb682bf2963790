/* SPDX-License-Identifier: BSD-2-Clause */
/* What a RESET leaves of a vCPU and of the interrupt controllers: SDM volume 3A, table 10-1. */
#include "tests/unit/unit.h"

#include <string.h>

#include "kvmclock/guest_tsc.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/vcpu_reset.h"

#define MSR_STAR         0xc0000081
#define MSR_PAT          0x277
#define MSR_MISC_ENABLE  0x1a0
#define MSR_ARCH_CAPS    0x10a
#define MSR_MTRR_DEFAULT 0x2ff

static struct vcpu_state state;

static uint32_t lapic(unsigned reg)
{
    uint32_t value;

    memcpy(&value, state.lapic.regs + reg, sizeof value);
    return value;
}

/* Of a vCPU that has run: everything has some value. */
static void reset(unsigned index)
{
    memset(&state, 0x5a, sizeof state);
    state.xsave_bytes = 4096;
    state.xcrs.nr_xcrs = 1;
    state.msrs.count = 0;
    vcpu_state_reset(&state, index);
}

static void every_vcpu_waits_to_be_started(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        reset(i);
        assert_int_equal(state.mp_state.mp_state, KVM_MP_STATE_UNINITIALIZED);
    }
}

/* KVM takes CS F000h and RIP FFF0h of the first one for a wish to run. */
static void registers_are_those_of_a_reset_but_for_rip(void **unused)
{
    (void)unused;
    reset(0);
    assert_int_equal(state.regs.rflags, 2);
    assert_int_equal(state.regs.rip | state.regs.rax | state.regs.rsp | state.regs.r15, 0);
    assert_int_equal(state.sregs.cr0, 0x60000010);
    assert_int_equal(state.sregs.cr3 | state.sregs.cr4 | state.sregs.efer, 0);
    assert_int_equal(state.sregs.cs.base, 0xffff0000);
    assert_int_equal(state.sregs.ds.limit, 0xffff);
    assert_int_equal(state.debugregs.dr6, 0xffff0ff0);
    assert_int_equal(state.debugregs.dr7, 0x400);
    assert_int_equal(state.xcrs.xcrs[0].value, 1);
}

static void x2apic_ends_and_the_first_cpu_is_the_bootstrap_processor(void **unused)
{
    (void)unused;
    reset(0);
    assert_int_equal(state.sregs.apic_base, 0xfee00900);
    reset(3);
    assert_int_equal(state.sregs.apic_base, 0xfee00800);
}

static void the_local_apic_is_off_and_masked_and_keeps_its_id_and_version(void **unused)
{
    (void)unused;
    reset(3);
    assert_int_equal(lapic(0x20), 3u << 24);
    assert_int_equal(lapic(0x30), 0x5a5a5a5a);
    assert_int_equal(lapic(0x80) | lapic(0xd0) | lapic(0x100) | lapic(0x200) | lapic(0x380), 0);
    assert_int_equal(lapic(0xe0), 0xffffffff);
    assert_int_equal(lapic(0xf0), 0xff);
    for (unsigned reg = 0x320; reg <= 0x370; reg += 0x10)
        assert_int_equal(lapic(reg), 0x10000);
}

static void nothing_is_pending_and_kvms_own_flags_stay(void **unused)
{
    const struct kvm_vcpu_events expected = {.flags = 0x5a5a5a5a};

    (void)unused;
    reset(1);
    assert_memory_equal(&state.events, &expected, sizeof expected);
}

static void x87_and_sse_have_their_control_words(void **unused)
{
    (void)unused;
    reset(0);
    assert_int_equal(state.xsave[0] | state.xsave[1] << 8, 0x37f);
    assert_int_equal(state.xsave[24] | state.xsave[25] << 8, 0x1f80);
    assert_int_equal(state.xsave[512], 3);
    assert_int_equal(state.xsave[160], 0);
    assert_int_equal(state.xsave[4095], 0);
}

static void msrs_are_0_but_for_pat_and_those_that_are_not_the_guests(void **unused)
{
    static const uint32_t numbers[] = {MSR_STAR, MSR_TSC_ADJUST, MSR_MISC_ENABLE,
                                       MSR_PAT,  MSR_ARCH_CAPS,  MSR_MTRR_DEFAULT};

    (void)unused;
    memset(&state, 0, sizeof state);
    for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        state.msrs.entries[state.msrs.count++] =
            (struct kvm_msr_entry){.index = numbers[i], .data = 77};
    vcpu_state_reset(&state, 0);
    assert_int_equal(state.msrs.count, 2);
    assert_int_equal(state.msrs.entries[0].index, MSR_STAR);
    assert_int_equal(state.msrs.entries[0].data, 0);
    assert_int_equal(state.msrs.entries[1].index, MSR_PAT);
    assert_int_equal(state.msrs.entries[1].data, 0x0007040600070406);
}

static void a_vcpu_begins_in_real_mode_at_an_address(void **unused)
{
    struct kvm_sregs sregs = {.cs = {.base = 0xffff0000, .selector = 0xf000}};
    struct kvm_regs regs;

    (void)unused;
    memset(&regs, 0x5a, sizeof regs);
    vcpu_registers_at(&regs, &sregs, 0x9a03c);
    assert_int_equal(sregs.cs.base, 0x9a030);
    assert_int_equal(sregs.cs.selector, 0x9a03);
    assert_int_equal(regs.rip, 0xc);
    assert_int_equal(regs.rflags, 2);
    assert_int_equal(regs.rbx, 0);
}

static void interrupt_controllers_know_nothing_and_every_pin_is_masked(void **unused)
{
    static struct irqchip_state chips;
    const struct kvm_ioapic_state *ioapic = &chips.chips[KVM_IRQCHIP_IOAPIC].chip.ioapic;
    const struct kvm_pic_state *pic = &chips.chips[KVM_IRQCHIP_PIC_SLAVE].chip.pic;

    (void)unused;
    memset(&chips, 0x5a, sizeof chips);
    irqchip_state_reset(&chips);
    assert_int_equal(ioapic->irr | ioapic->id | ioapic->ioregsel, 0);
    assert_int_equal(ioapic->base_address, UINT64_C(0x5a5a5a5a5a5a5a5a));
    for (unsigned pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
        assert_int_equal(ioapic->redirtbl[pin].bits, 0x10000);
    assert_int_equal(pic->irq_base | pic->irr | pic->isr | pic->elcr | pic->init4, 0);
    assert_int_equal(pic->elcr_mask, 0x5a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vcpu_waits_to_be_started),
        cmocka_unit_test(registers_are_those_of_a_reset_but_for_rip),
        cmocka_unit_test(x2apic_ends_and_the_first_cpu_is_the_bootstrap_processor),
        cmocka_unit_test(the_local_apic_is_off_and_masked_and_keeps_its_id_and_version),
        cmocka_unit_test(nothing_is_pending_and_kvms_own_flags_stay),
        cmocka_unit_test(x87_and_sse_have_their_control_words),
        cmocka_unit_test(msrs_are_0_but_for_pat_and_those_that_are_not_the_guests),
        cmocka_unit_test(a_vcpu_begins_in_real_mode_at_an_address),
        cmocka_unit_test(interrupt_controllers_know_nothing_and_every_pin_is_masked),
    };

    return cmocka_run_group_tests_name("vcpu_reset", tests, NULL, NULL);
}
