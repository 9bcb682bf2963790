/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first two sectors of the VMX lab's disk: a boot sector that loads the lab's kernel and initrd,
 * and what the kernel is told. It replaces a boot loader and the kernel's own decompression, which
 * cost the emulation half a minute.
 *
 * Given by the assembler's command line: CMDLINE; ENTRY, the kernel's PVH entry; KERNEL_SECTORS,
 * INITRD_SECTORS and INITRD_BYTES; MEMORY_BYTES. On the disk the kernel follows these sectors as
 * it is to be in memory, and the initrd follows the kernel.
 *
 * Sources: Xen's start_info.h for what EBX points to; ATA-1 for the disk's ports.
 */
    .set BOOT_GPA, 0x7c00           /* where a BIOS puts the first sector */
    .set SECTOR_BYTES, 512
    .set KERNEL_GPA, 0x1000000
    .set INITRD_GPA, 0x8000000
    .set BIOS_RESERVED_GPA, 0x9f000
    .set HIGH_MEMORY_GPA, 0x100000
    .set ACPI_TABLES_BYTES, 0x10000 /* Bochs' BIOS puts them at the end of memory */
    .set E820_RAM, 1
    .set E820_ACPI, 3
    .set ATA_DATA, 0x1f0
    .set ATA_SECTOR_COUNT, 0x1f2
    .set ATA_CONTROL, 0x3f6
    .set ATA_NO_INTERRUPT, 2
    .set ATA_LBA, 0xe0
    .set ATA_READ, 0x20
    .set ATA_BUSY_OR_DRQ, 0x88
    .set ATA_DRQ, 0x08
    .set CR0_PE, 1
    .set CODE32, 8
    .set DATA32, 16

    .code16
    .globl _start
_start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    inb $0x92, %al                  /* A20 on */
    orb $2, %al
    outb %al, $0x92
    lgdtl gdt_register
    movl %cr0, %eax
    orb $CR0_PE, %al
    movl %eax, %cr0
    ljmpl $CODE32, $protected_mode

    .code32
protected_mode:
    movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $BOOT_GPA, %esp
    movb $ATA_NO_INTERRUPT, %al
    movw $ATA_CONTROL, %dx
    outb %al, %dx

    movl $1, %ebx
    movl $1, %ebp
    movl $BOOT_GPA + SECTOR_BYTES, %edi
    call load
    movl $KERNEL_SECTORS, %ebp
    movl $KERNEL_GPA, %edi
    call load
    movl $INITRD_SECTORS, %ebp
    movl $INITRD_GPA, %edi
    call load

    movl $start_info, %ebx
    movl $ENTRY, %eax
    jmp *%eax

/* EBP sectors from EBX on to EDI; EBX and EDI are after them in the end. */
load:
    call load_sector
    incl %ebx
    decl %ebp
    jnz load
    ret

load_sector:
    movw $ATA_SECTOR_COUNT, %dx
    movb $1, %al
    outb %al, %dx
    movl %ebx, %eax
    .rept 3
    incw %dx
    outb %al, %dx
    shrl $8, %eax
    .endr
    incw %dx
    movb $ATA_LBA, %al
    outb %al, %dx
    incw %dx
    movb $ATA_READ, %al
    outb %al, %dx
1:  inb %dx, %al
    andb $ATA_BUSY_OR_DRQ, %al
    cmpb $ATA_DRQ, %al
    jne 1b
    movw $ATA_DATA, %dx
    movl $SECTOR_BYTES / 2, %ecx
    rep insw
    ret

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff
    .quad 0x00cf93000000ffff
gdt_register:
    .word . - gdt - 1
    .long gdt

    .org SECTOR_BYTES - 2
    .byte 0x55, 0xaa

/* struct hvm_start_info, version 1 */
start_info:
    .long 0x336ec578, 1, 0, 1
    .quad module, cmdline, 0, memory_map
    .long 3, 0
module:
    .quad INITRD_GPA, INITRD_BYTES, 0, 0
memory_map:
    .quad 0, BIOS_RESERVED_GPA
    .long E820_RAM, 0
    .quad HIGH_MEMORY_GPA, MEMORY_BYTES - HIGH_MEMORY_GPA - ACPI_TABLES_BYTES
    .long E820_RAM, 0
    .quad MEMORY_BYTES - ACPI_TABLES_BYTES, ACPI_TABLES_BYTES
    .long E820_ACPI, 0
cmdline:
    .asciz CMDLINE
    .org 2 * SECTOR_BYTES
