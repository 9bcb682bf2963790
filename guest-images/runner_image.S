/* SPDX-License-Identifier: BSD-2-Clause */
/* See initramfs.h. */
        .section .rodata
        .balign 16
        .globl runner_start
runner_start:
        .incbin "runner"
        .globl runner_end
runner_end:

        .section .note.GNU-stack, "", @progbits
