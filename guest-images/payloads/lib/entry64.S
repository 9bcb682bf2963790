/* SPDX-License-Identifier: BSD-2-Clause */
# The first instructions of a 64-bit payload, its exceptions and interrupts, and MSR accesses that
# may fault. Entered as Linux documents its 64-bit entry: RSI is the zero page.

    .section .entry, "ax"
    .globl entry
entry:
    cli
    cld
    leaq stack_end, %rsp
    movq %rsi, %rbx
    call vectors_load
    movq %rbx, %rdi
    call payload_main
    ud2

# vector_stubs: 16 bytes for each vector, which make all frames alike: vector, then error code.
    .text
    .balign 16
    .globl vector_stubs
vector_stubs:
    .set vector, 0
    .rept 0x40
    .balign 16
    .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21)
    .else
    pushq $0
    .endif
    pushq $vector
    jmp vector_common
    .set vector, vector + 1
    .endr

vector_common:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rbp
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, %rdi
    cld
    call vector_enter
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rbp
    popq %rbx
    popq %rdx
    popq %rcx
    popq %rax
    addq $16, %rsp
    iretq

# An exception between here and there goes on at vector_resume_rip, with its number in EAX.
    .globl msr_try_write
msr_try_write:
    movl %edi, %ecx
    movl %esi, %eax
    movq %rsi, %rdx
    shrq $32, %rdx
    movq $resumed, vector_resume_rip
    wrmsr
    movq $0, vector_resume_rip
    xorl %eax, %eax
    ret

    .globl msr_try_read
msr_try_read:
    movl %edi, %ecx
    movq $resumed, vector_resume_rip
    rdmsr
    movq $0, vector_resume_rip
    xorl %eax, %eax
resumed:
    ret

    .bss
    .balign 16
    .skip 16384
stack_end:

    .section .note.GNU-stack, "", @progbits
