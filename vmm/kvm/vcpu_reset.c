/* SPDX-License-Identifier: BSD-2-Clause */
/* See vcpu_reset.h. */
#include "vmm/kvm/vcpu_reset.h"

#include <string.h>

#include "vmm/kvm/lapic_regs.h"

#define RFLAGS_RESET 2
#define CR0_RESET    0x60000010
#define DR6_RESET    0xffff0ff0
#define DR7_RESET    0x400
#define XCR0_RESET   1
#define CODE_RESET   0xf000
#define CODE_BASE    0xffff0000
#define LIMIT_RESET  0xffff

/* Types of segments: code that is read, data that is written, LDT, and a TSS in use. */
#define SEGMENT_CODE 0xb
#define SEGMENT_DATA 0x3
#define SEGMENT_LDT  0x2
#define SEGMENT_TSS  0xb

#define APIC_BASE_RESET UINT64_C(0xfee00800)
#define APIC_BASE_BSP   0x100

/* Registers of the local APIC. */
#define LAPIC_ID         0x20
#define LAPIC_VERSION    0x30
#define LAPIC_DFR        0xe0
#define LAPIC_SVR        0xf0
#define LAPIC_LVT_CMCI   0x2f0
#define LAPIC_LVT_TIMER  0x320
#define LAPIC_LVT_ERROR  0x370
#define LAPIC_STEP       0x10
#define LAPIC_DFR_RESET  0xffffffff
#define LAPIC_SVR_RESET  0xff
#define LAPIC_LVT_MASKED 0x10000
#define LAPIC_ID_SHIFT   24

/* In XSAVE's area: the legacy part, and the bits of x87 and SSE in its header. */
#define XSAVE_FCW      0
#define XSAVE_MXCSR    24
#define XSAVE_BV       512
#define FCW_RESET      0x37f
#define MXCSR_RESET    0x1f80
#define XSTATE_X87_SSE 3

#define MSR_PAT   0x277
#define PAT_RESET UINT64_C(0x0007040600070406)

static struct kvm_segment segment(uint8_t type, bool is_system)
{
    return (struct kvm_segment){.limit = LIMIT_RESET, .type = type, .present = 1, .s = !is_system};
}

static void reset_sregs(struct kvm_sregs2 *sregs, unsigned index)
{
    const struct kvm_segment data = segment(SEGMENT_DATA, false);

    *sregs = (struct kvm_sregs2){
        .cs = segment(SEGMENT_CODE, false),
        .ds = data,
        .es = data,
        .fs = data,
        .gs = data,
        .ss = data,
        .tr = segment(SEGMENT_TSS, true),
        .ldt = segment(SEGMENT_LDT, true),
        .gdt.limit = LIMIT_RESET,
        .idt.limit = LIMIT_RESET,
        .cr0 = CR0_RESET,
        .apic_base = APIC_BASE_RESET | (index == 0 ? APIC_BASE_BSP : 0),
    };
    sregs->cs.selector = CODE_RESET;
    sregs->cs.base = CODE_BASE;
}

static void reset_lapic(struct kvm_lapic_state *state, unsigned index)
{
    uint32_t version = lapic_reg_get(state, LAPIC_VERSION);

    *state = (struct kvm_lapic_state){0};
    lapic_reg_put(state, LAPIC_ID, (uint32_t)index << LAPIC_ID_SHIFT);
    lapic_reg_put(state, LAPIC_VERSION, version);
    lapic_reg_put(state, LAPIC_DFR, LAPIC_DFR_RESET);
    lapic_reg_put(state, LAPIC_SVR, LAPIC_SVR_RESET);
    lapic_reg_put(state, LAPIC_LVT_CMCI, LAPIC_LVT_MASKED);
    for (unsigned reg = LAPIC_LVT_TIMER; reg <= LAPIC_LVT_ERROR; reg += LAPIC_STEP)
        lapic_reg_put(state, reg, LAPIC_LVT_MASKED);
}

static void reset_xsave(struct vcpu_state *state)
{
    const uint16_t fcw = FCW_RESET;
    const uint32_t mxcsr = MXCSR_RESET;
    const uint64_t present = XSTATE_X87_SSE;

    memset(state->xsave, 0, state->xsave_bytes);
    memcpy(state->xsave + XSAVE_FCW, &fcw, sizeof fcw);
    memcpy(state->xsave + XSAVE_MXCSR, &mxcsr, sizeof mxcsr);
    memcpy(state->xsave + XSAVE_BV, &present, sizeof present);
}

static void reset_msrs(struct vcpu_msrs *msrs)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < msrs->count; i++) {
        struct kvm_msr_entry msr = msrs->entries[i];

        if (vcpu_msr_outlives_reset(msr.index))
            continue;
        msr.data = msr.index == MSR_PAT ? PAT_RESET : 0;
        msrs->entries[count++] = msr;
    }
    msrs->count = count;
}

void vcpu_state_reset(struct vcpu_state *state, unsigned index)
{
    const uint32_t known_events = state->events.flags;

    state->mp_state.mp_state = KVM_MP_STATE_UNINITIALIZED;
    state->regs = (struct kvm_regs){.rflags = RFLAGS_RESET};
    reset_sregs(&state->sregs, index);
    state->debugregs = (struct kvm_debugregs){.dr6 = DR6_RESET, .dr7 = DR7_RESET};
    state->events = (struct kvm_vcpu_events){.flags = known_events};
    reset_lapic(&state->lapic, index);
    if (state->xcrs.nr_xcrs > 0)
        state->xcrs.xcrs[0].value = XCR0_RESET;
    reset_xsave(state);
    reset_msrs(&state->msrs);
}

void vcpu_registers_at(struct kvm_regs *regs, struct kvm_sregs *sregs, uint32_t gpa)
{
    sregs->cs.selector = (uint16_t)(gpa >> 4);
    sregs->cs.base = gpa & ~UINT32_C(0xf);
    *regs = (struct kvm_regs){.rip = gpa & 0xf, .rflags = RFLAGS_RESET};
}
