/* SPDX-License-Identifier: BSD-2-Clause */
# The one interrupt of a 32-bit guest, and the segments that taking it needs: a loader owes a guest
# none that it could load again (Multiboot Specification 0.6.96, section 3.2).

    .set CODE, 0x08
    .set DATA, 0x10

    .text
    .globl segments_load
segments_load:
    lgdt gdt_pointer
    movw $DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    ljmp $CODE, $1f
1:  ret

# It interrupts nothing but HLT with interrupts on (ticks.c), so that a far return, which leaves them
# off and drops the flags, does what IRET would. KVM's emulator, by which some hosts run all of a
# guest, has no IRET in protected mode.
    .globl interrupt_entry
interrupt_entry:
    pushal
    cld
    call *interrupt_handler
    popal
    lretl $4

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff
    .quad 0x00cf92000000ffff
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .section .note.GNU-stack, "", @progbits
