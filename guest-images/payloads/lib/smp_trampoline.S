/* SPDX-License-Identifier: BSD-2-Clause */
# The way of a CPU from its start-up interrupt to 64-bit mode (Intel SDM volume 3A, section 10.8.5):
# copied to low memory, entered in real mode with IP 0. Its own GDT is in it.

#include "guest-images/payloads/lib/smp.h"

    .set STACK_BYTES, 4096
    .set TRAMPOLINE_GPA, 0x20000
    .set CODE32, 0x08
    .set CODE64, 0x10
    .set DATA, 0x18
    .set MSR_EFER, 0xc0000080
    .set EFER_LME, 0x100
    .set CR0_PE, 1
    .set CR0_PG, 0x80000000
    .set CR4_PAE, 0x20

    .text
    .code16
    .globl smp_trampoline
smp_trampoline:
    cli
    movw %cs, %ax
    movw %ax, %ds
    lgdtl gdt_pointer - smp_trampoline
    movl %cr0, %eax
    orl $CR0_PE, %eax
    movl %eax, %cr0
    ljmpl $CODE32, $(TRAMPOLINE_GPA + protected - smp_trampoline)

    .code32
protected:
    movw $DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $CR4_PAE, %eax
    movl %eax, %cr4
    movl (TRAMPOLINE_GPA + smp_trampoline_cr3 - smp_trampoline), %eax
    movl %eax, %cr3
    movl $MSR_EFER, %ecx
    rdmsr
    orl $EFER_LME, %eax
    wrmsr
    movl %cr0, %eax
    orl $CR0_PG, %eax
    movl %eax, %cr0
    ljmpl $CODE64, $long_mode

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff
    .quad 0x00af9a000000ffff
    .quad 0x00cf92000000ffff
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long TRAMPOLINE_GPA + gdt - smp_trampoline
    .balign 4
    .globl smp_trampoline_cr3
smp_trampoline_cr3:
    .long 0
    .globl smp_trampoline_end
smp_trampoline_end:

# Back where the payload is. Each CPU takes the next number and with it a stack.
    .code64
long_mode:
    movl $1, %edi
    lock xaddl %edi, next_index
    movl %edi, %eax
    cmpl $SMP_MAX_CPUS, %eax
    jae 1f
    shll $12, %eax
    leaq stacks(%rax), %rsp
    call smp_enter
1:  cli
    hlt
    jmp 1b

    .data
    .balign 4
next_index:
    .long 1

    .bss
    .balign 16
# The stack of CPU n ends at stacks + n * STACK_BYTES; CPU 0 has another one.
stacks:
    .skip STACK_BYTES * (SMP_MAX_CPUS - 1)

    .section .note.GNU-stack, "", @progbits
