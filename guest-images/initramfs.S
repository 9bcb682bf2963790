/* SPDX-License-Identifier: BSD-2-Clause */
/* See initramfs.h. */
        .section .rodata
        .balign 16
        .globl initramfs_start
initramfs_start:
        .incbin "initramfs.cpio"
        .globl initramfs_end
initramfs_end:

        .section .note.GNU-stack, "", @progbits
