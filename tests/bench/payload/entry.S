/* SPDX-License-Identifier: BSD-2-Clause */
# The first instructions and the Multiboot 1 header of the payloads (Multiboot Specification 0.6.96,
# section 3.1). As an ELF file it is loaded by minivmm and QEMU; as a flat image at 1 MiB, entered
# at its first byte, by bare_loop. Both ways with flat segments and neither stack nor paging. The argument
# of payload_main is the Multiboot information; bare_loop has none, NULL.

    .set MULTIBOOT_MAGIC, 0x1badb002

    .section .entry, "ax"
    .code32
    .globl entry
entry:
    cli
    movl $stack_end, %esp
    pushl %ebx
    call payload_main
1:  hlt
    jmp 1b

    .balign 4
    .long MULTIBOOT_MAGIC
    .long 0
    .long -MULTIBOOT_MAGIC

    .bss
    .balign 16
    .skip 4096
stack_end:

    .section .note.GNU-stack, "", @progbits
