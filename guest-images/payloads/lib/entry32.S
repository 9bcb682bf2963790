/* SPDX-License-Identifier: BSD-2-Clause */
# The first instructions of a 32-bit payload, entered by Multiboot (specification 0.6.96, section
# 3.2) or, if it has the note, by PVH. payload_main gets EAX and EBX, and the state of the CPU is as
# it was but for ESP.

    .section .entry, "ax"
    .code32
    .globl entry
entry:
    movl $stack_end, %esp
    cld
    pushl %ebx
    pushl %eax
    call payload_main
    ud2

    .bss
    .balign 16
    .skip 16384
stack_end:

    .section .note.GNU-stack, "", @progbits
