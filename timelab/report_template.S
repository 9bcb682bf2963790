/* SPDX-License-Identifier: BSD-2-Clause */
/* The template of vmm/cmd/report_page.c, with a NUL behind it. */
        .section .rodata
        .globl report_template
report_template:
        .incbin "timelab/report.html"
        .byte 0

        .section .note.GNU-stack, "", @progbits
