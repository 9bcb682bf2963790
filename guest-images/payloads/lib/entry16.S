/* SPDX-License-Identifier: BSD-2-Clause */
# The way of a Multiboot payload to real mode (Intel SDM volume 3A, section 9.9.2), and its
# interrupts: see payload16.h. Real mode has all segments at 0 and its stack below 0x8000.

    .set MULTIBOOT_MAGIC, 0x1badb002
    .set CODE16, 0x08
    .set DATA16, 0x10
    .set STACK_TOP, 0x8000
    .set CR0_PE, 1

    .section .entry, "ax"
    .code32
    .globl entry
entry:
    cli
    cld
    movl $real_load, %esi
    movl $real_start, %edi
    movl $real_end, %ecx
    subl %edi, %ecx
    rep movsb
    lgdt gdt_pointer
    ljmp $CODE16, $protected16

    .balign 4
    .long MULTIBOOT_MAGIC
    .long 0
    .long -MULTIBOOT_MAGIC

gdt:
    .quad 0
    .quad 0x00009b000000ffff
    .quad 0x000093000000ffff
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .text
    .code16
protected16:
    movw $DATA16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    lidt ivt_pointer
    movl %cr0, %eax
    andl $~CR0_PE, %eax
    movl %eax, %cr0
    ljmp $0, $real_mode
real_mode:
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs
    movw %ax, %ss
    movl $STACK_TOP, %esp
    calll payload_main
    ud2

ivt_pointer:
    .word 0x3ff
    .long 0

    .globl interrupt_entry_a, interrupt_entry_b
interrupt_entry_a:
    pushal
    calll on_interrupt_a
    popal
    iretw
interrupt_entry_b:
    pushal
    calll on_interrupt_b
    popal
    iretw

    .section .note.GNU-stack, "", @progbits
