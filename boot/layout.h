/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest memory below 1 MiB as the loaders leave it: every fixed address in one table.
 *
 *   0x00000  vectors of interrupts in real mode, see boot/bios.h
 *   0x00400  BIOS data area, see boot/bios.h
 *   0x00500  GDT of the entry state
 *   0x01000  initial stack, growing down; PVH or Multiboot memory map and module list, growing up
 *   0x02000  command line, strings of modules
 *   0x07000  zero page (struct boot_params), PVH start info or Multiboot information
 *   0x08000  ELF and Multiboot images that want low addresses
 *   0x9fc00  end of conventional memory: an EBDA, with its size; reserved in the memory map
 *   0xa0000  nothing
 *   0xd0000  page tables: PML4, PDPT, four page directories (identity map of the first 4 GiB). A PC
 *            has no memory here, so no image and no kernel wants it; it is not in the memory map
 *   0xe0000  ACPI tables; reserved in the memory map
 *   0xf0000  MP table; reserved in the memory map
 *   0xf2000  functions of a BIOS, see boot/bios.h; reserved in the memory map
 *   0xfffe0  F000:FFF0, see boot/reset_vector.h; reserved in the memory map
 *   0x100000 kernels, and the initrd as high as possible
 */
#ifndef BOOT_LAYOUT_H
#define BOOT_LAYOUT_H

#define LAYOUT_BDA_GPA            0x400
#define LAYOUT_GDT_GPA            0x500
#define LAYOUT_STACK_GPA          0x1000
#define LAYOUT_BOOT_TABLES_GPA    0x1000
#define LAYOUT_BOOT_TABLES_BYTES  0x1000
#define LAYOUT_COMMAND_LINE_GPA   0x2000
#define LAYOUT_COMMAND_LINE_BYTES 0x5000
#define LAYOUT_BOOT_INFO_GPA      0x7000
#define LAYOUT_BOOT_INFO_BYTES    0x1000
#define LAYOUT_LOW_IMAGE_GPA      0x8000
#define LAYOUT_LOW_END_GPA        0x9fc00
#define LAYOUT_EBDA_END_GPA       0xa0000
#define LAYOUT_PAGE_TABLES_GPA    0xd0000
#define LAYOUT_PAGE_TABLES_BYTES  0x6000
#define LAYOUT_ACPI_GPA           0xe0000
#define LAYOUT_ACPI_BYTES         0x10000
#define LAYOUT_MP_TABLE_GPA       0xf0000
#define LAYOUT_MP_TABLE_BYTES     0x2000
#define LAYOUT_BIOS_GPA           0xf2000
#define LAYOUT_BIOS_BYTES         0x1000
#define LAYOUT_RESET_VECTOR_GPA   0xfffe0
#define LAYOUT_RESET_VECTOR_BYTES 32
#define LAYOUT_KERNEL_MIN_GPA     0x100000

#endif
