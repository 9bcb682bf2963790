/* SPDX-License-Identifier: BSD-2-Clause */
/* See cpu_notes.h. */
#include "snapshot/cpu_notes.h"

#include <assert.h>
#include <elf.h>
#include <linux/kvm.h>
#include <string.h>

#include "snapshot/record.h"

#define MSR_KERNEL_GS_BASE 0xc0000102
#define SEGMENTS           10
#define CONTROL_REGISTERS  5

/* struct user_regs_struct of Linux. */
struct user_regs {
    uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10;
    uint64_t r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax;
    uint64_t rip, cs, eflags, rsp, ss;
    uint64_t fs_base, gs_base, ds, es, fs, gs;
};

struct prstatus {
    uint8_t signals[32];
    uint32_t pid;
    uint8_t times[76];
    struct user_regs regs;
    uint64_t fpvalid;
};
static_assert(sizeof(struct prstatus) == 336, "as Linux on x86-64 has it");

struct qemu_segment {
    uint32_t selector;
    uint32_t limit;
    /* Bits 8 to 23 of the descriptor's second word. */
    uint32_t flags;
    uint32_t pad;
    uint64_t base;
};

struct qemu_cpu {
    uint32_t version;
    uint32_t size;
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
    /* CS, DS, ES, FS, GS, SS, LDT, TR, GDT, IDT. */
    struct qemu_segment segments[SEGMENTS];
    uint64_t cr[CONTROL_REGISTERS];
    uint64_t kernel_gs_base;
};
static_assert(sizeof(struct qemu_cpu) == 440, "as QEMU has it");

static void fill_user_regs(const struct kvm_regs *regs, const struct kvm_sregs2 *sregs,
                           struct user_regs *user)
{
    *user = (struct user_regs){
        .r15 = regs->r15,
        .r14 = regs->r14,
        .r13 = regs->r13,
        .r12 = regs->r12,
        .rbp = regs->rbp,
        .rbx = regs->rbx,
        .r11 = regs->r11,
        .r10 = regs->r10,
        .r9 = regs->r9,
        .r8 = regs->r8,
        .rax = regs->rax,
        .rcx = regs->rcx,
        .rdx = regs->rdx,
        .rsi = regs->rsi,
        .rdi = regs->rdi,
        .rip = regs->rip,
        .cs = sregs->cs.selector,
        .eflags = regs->rflags,
        .rsp = regs->rsp,
        .ss = sregs->ss.selector,
        .fs_base = sregs->fs.base,
        .gs_base = sregs->gs.base,
        .ds = sregs->ds.selector,
        .es = sregs->es.selector,
        .fs = sregs->fs.selector,
        .gs = sregs->gs.selector,
    };
}

static struct qemu_segment qemu_segment_of(const struct kvm_segment *segment)
{
    return (struct qemu_segment){
        .selector = segment->selector,
        .limit = segment->limit,
        .flags = (uint32_t)segment->type << 8 | (uint32_t)segment->s << 12 |
                 (uint32_t)segment->dpl << 13 | (uint32_t)segment->present << 15 |
                 (uint32_t)segment->avl << 20 | (uint32_t)segment->l << 21 |
                 (uint32_t)segment->db << 22 | (uint32_t)segment->g << 23,
        .base = segment->base,
    };
}

static void fill_segments(const struct kvm_sregs2 *sregs, struct qemu_segment *segments)
{
    const struct kvm_segment *const of[] = {&sregs->cs, &sregs->ds, &sregs->es,  &sregs->fs,
                                            &sregs->gs, &sregs->ss, &sregs->ldt, &sregs->tr};
    const size_t count = sizeof of / sizeof of[0];

    for (size_t i = 0; i < count; i++)
        segments[i] = qemu_segment_of(of[i]);
    segments[count] = (struct qemu_segment){.limit = sregs->gdt.limit, .base = sregs->gdt.base};
    segments[count + 1] = (struct qemu_segment){.limit = sregs->idt.limit, .base = sregs->idt.base};
}

static void fill_qemu_cpu(const struct kvm_regs *regs, const struct kvm_sregs2 *sregs,
                          struct qemu_cpu *cpu)
{
    *cpu = (struct qemu_cpu){
        .version = 1,
        .size = sizeof *cpu,
        .rax = regs->rax,
        .rbx = regs->rbx,
        .rcx = regs->rcx,
        .rdx = regs->rdx,
        .rsi = regs->rsi,
        .rdi = regs->rdi,
        .rsp = regs->rsp,
        .rbp = regs->rbp,
        .r8 = regs->r8,
        .r9 = regs->r9,
        .r10 = regs->r10,
        .r11 = regs->r11,
        .r12 = regs->r12,
        .r13 = regs->r13,
        .r14 = regs->r14,
        .r15 = regs->r15,
        .rip = regs->rip,
        .rflags = regs->rflags,
        .cr = {sregs->cr0, 0, sregs->cr2, sregs->cr3, sregs->cr4},
    };
    fill_segments(sregs, cpu->segments);
}

/* 0 if the vCPU has no record of it. */
static uint64_t kernel_gs_base_of(const void *records, size_t records_bytes, uint32_t vcpu)
{
    struct record record;
    struct kvm_msr_entry entry;

    if (!record_find(records, records_bytes, RECORD_VCPU_MSRS, vcpu, &record))
        return 0;
    for (uint32_t at = 0; record.size_bytes - at >= sizeof entry; at += sizeof entry) {
        memcpy(&entry, record.bytes + at, sizeof entry);
        if (entry.index == MSR_KERNEL_GS_BASE)
            return entry.data;
    }
    return 0;
}

static void add_both(struct note_writer *writer, uint32_t vcpu, const struct kvm_regs *regs,
                     const struct kvm_sregs2 *sregs, uint64_t kernel_gs_base)
{
    /* A thread has a number from 1 on. */
    struct prstatus status = {.pid = vcpu + 1};
    struct qemu_cpu cpu;
    uint8_t *at;

    fill_user_regs(regs, sregs, &status.regs);
    fill_qemu_cpu(regs, sregs, &cpu);
    cpu.kernel_gs_base = kernel_gs_base;
    at = note_add(writer, "CORE", NT_PRSTATUS, sizeof status);
    if (at != NULL)
        memcpy(at, &status, sizeof status);
    at = note_add(writer, "QEMU", 0, sizeof cpu);
    if (at != NULL)
        memcpy(at, &cpu, sizeof cpu);
}

void cpu_notes_add(struct note_writer *writer, const void *records, size_t records_bytes)
{
    struct kvm_sregs2 sregs;
    struct kvm_regs regs;

    for (uint32_t vcpu = 0;
         record_take(records, records_bytes, RECORD_VCPU_REGS, vcpu, &regs, sizeof regs) &&
         record_take(records, records_bytes, RECORD_VCPU_SREGS2, vcpu, &sregs, sizeof sregs);
         vcpu++)
        add_both(writer, vcpu, &regs, &sregs, kernel_gs_base_of(records, records_bytes, vcpu));
}
