/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The code of boot/bios.h: 16-bit, in segment F000h. With bios_clock.S behind it, it is linked to its
 * offset there and becomes an array for boot/bios.c.
 *
 * A function that is not there sets CF in the flags that the caller gets back, and so does one that
 * fails; INT has pushed them.
 */
#include "boot/layout.h"

    .set SEGMENT, 0xf000
    .set CF, 1 << 0
    .set ZF, 1 << 6
    /* Where the caller's flags are once BP is pushed. */
    .set FLAGS, 6

    .set DATA_SEGMENT, 0x40
    .set EQUIPMENT, 0x10
    .set BASE_KIB, 0x13
    .set KEY_HEAD, 0x1a
    .set KEY_TAIL, 0x1c
    .set KEYS, 0x1e
    .set KEYS_END, 0x3e
    .set TICKS, 0x6c
    .set MIDNIGHT, 0x70
    .set TICKS_OF_A_DAY, 0x1800b0

    .set PIC, 0x20
    .set PIC2, 0xa0
    .set EOI, 0x20
    .set COM1_DATA, 0x3f8
    .set COM1_STATUS, 0x3fd
    .set STATUS_DATA_READY, 0x01
    .set STATUS_CAN_SEND, 0x20

    .set SMAP, 0x534d4150
    .set MAP_ENTRY_BYTES, 20
    .set BAD_COMMAND, 0x01
    .set NO_SUCH_FUNCTION, 0x86

    .code16
    .text

/* Of struct image in bios.c, which fills in the words behind the vectors. */
vectors:
    .rept 0x08
    .word unknown
    .endr
    .word irq0                          /* 08h */
    .rept 7
    .word irq_of_first_pic
    .endr
    .word video, equipment, base_memory, disk, unknown, system, keyboard, unknown /* 10h */
    .word reset, reset, clock           /* 18h */
    .rept 0x70 - 0x1b
    .word unknown
    .endr
    .word irq8                          /* 70h */
    .rept 7
    .word irq_of_second_pic
    .endr
    .rept 0x100 - 0x78
    .word unknown
    .endr
kib_over_1_mib:
    .word 0
kib_1_to_16_mib:
    .word 0
blocks_over_16_mib:
    .word 0
map_count:
    .word 0

    .globl unknown, done
unknown:
    pushw %bp
    movw %sp, %bp
    orw $CF, FLAGS(%bp)
    popw %bp
    iretw

done:
    pushw %bp
    movw %sp, %bp
    andw $~CF, FLAGS(%bp)
    popw %bp
    iretw

/* INT 18h and 19h start a PC again. */
reset:
    ljmp $SEGMENT, $0xfff0

irq0:
    pushw %ds
    pushw $DATA_SEGMENT
    popw %ds
    incl TICKS
    cmpl $TICKS_OF_A_DAY, TICKS
    jb 1f
    movl $0, TICKS
    movb $1, MIDNIGHT
1:  popw %ds
    int $0x1c
irq_of_first_pic:
    pushw %ax
    movb $EOI, %al
    outb %al, $PIC
    popw %ax
    iretw

irq8:
    pushw %ax
    call acknowledge_rtc
    popw %ax
irq_of_second_pic:
    pushw %ax
    movb $EOI, %al
    outb %al, $PIC2
    outb %al, $PIC
    popw %ax
    iretw

/* INT 10h: a terminal of 80 columns on COM1. */
video:
    cmpb $0x0e, %ah
    je teletype
    cmpb $0x0f, %ah
    jne unknown
    movw $80 << 8 | 3, %ax
    movb $0, %bh
    iretw

teletype:
    pushw %ax
    pushw %cx
    pushw %dx
    movb %al, %ah
    movw $COM1_STATUS, %dx
    xorw %cx, %cx
1:  inb %dx, %al
    testb $STATUS_CAN_SEND, %al
    loopz 1b
    movb %ah, %al
    movw $COM1_DATA, %dx
    outb %al, %dx
    popw %dx
    popw %cx
    popw %ax
    iretw

/* INT 11h */
equipment:
    movw $EQUIPMENT, %ax
    jmp data_word

/* INT 12h */
base_memory:
    movw $BASE_KIB, %ax
data_word:
    pushw %ds
    pushw %bx
    pushw $DATA_SEGMENT
    popw %ds
    movw %ax, %bx
    movw (%bx), %ax
    popw %bx
    popw %ds
    iretw

/* INT 13h: there are no disks. */
disk:
    movb $BAD_COMMAND, %ah
    jmp unknown

/* INT 15h */
system:
    cmpw $0xe820, %ax
    je memory_map
    cmpw $0xe801, %ax
    je memory_sizes
    cmpb $0x88, %ah
    je extended_memory
    cmpw $0x2401, %ax
    je a20_on
    cmpw $0x2402, %ax
    je a20_state
    cmpb $0xc1, %ah
    je ebda
no_function:
    movb $NO_SUCH_FUNCTION, %ah
    jmp unknown

memory_map:
    cmpl $SMAP, %edx
    jne no_function
    cmpl $MAP_ENTRY_BYTES, %ecx
    jb no_function
    movzwl %cs:map_count, %eax
    cmpl %eax, %ebx
    jae no_function
    pushw %ds
    pushw %si
    pushw %di
    pushw %cs
    popw %ds
    imulw $MAP_ENTRY_BYTES, %bx, %si
    addw $map, %si
    movl $MAP_ENTRY_BYTES, %ecx
    cld
    rep movsb
    popw %di
    popw %si
    popw %ds
    movb $MAP_ENTRY_BYTES, %cl
    incl %ebx
    cmpl %eax, %ebx
    jb 1f
    xorl %ebx, %ebx
1:  movl $SMAP, %eax
    jmp done

memory_sizes:
    movw %cs:kib_1_to_16_mib, %ax
    movw %cs:blocks_over_16_mib, %bx
    movw %ax, %cx
    movw %bx, %dx
    jmp done

extended_memory:
    movw %cs:kib_over_1_mib, %ax
    jmp done

/* A20 is never masked. */
a20_state:
    movb $1, %al
a20_on:
    movb $0, %ah
    jmp done

ebda:
    pushw $LAYOUT_LOW_END_GPA >> 4
    popw %es
    jmp done

/* INT 16h: keys are the bytes that COM1 receives, without scan codes. */
keyboard:
    cmpb $0x00, %ah
    je read_key
    cmpb $0x10, %ah
    je read_key
    cmpb $0x01, %ah
    je look_for_key
    cmpb $0x11, %ah
    je look_for_key
    cmpb $0x02, %ah
    je shift_keys
    cmpb $0x12, %ah
    je shift_keys
    jmp unknown

shift_keys:
    movb $0, %al
    iretw

/*
 * Interrupts come while it waits, but not while it takes a key. They have the time of an access to
 * port 80h, as a KVM that interprets the guest may miss a window of one instruction.
 */
read_key:
    pushw %ds
    pushw %bx
    pushw %dx
1:  sti
    outb %al, $0x80
    cli
    call get_key
    jz 1b
    addw $2, %bx
    cmpw $KEYS_END, %bx
    jb 2f
    movw $KEYS, %bx
2:  movw %bx, KEY_HEAD
    popw %dx
    popw %bx
    popw %ds
    iretw

look_for_key:
    pushw %ds
    pushw %bx
    pushw %dx
    call get_key
    popw %dx
    popw %bx
    popw %ds
    pushw %bp
    movw %sp, %bp
    jz 1f
    andw $~ZF, FLAGS(%bp)
    popw %bp
    iretw
1:  orw $ZF, FLAGS(%bp)
    popw %bp
    iretw

/* The oldest key, which stays: AX, and where it is: DS:BX. ZF if there is none. Changes DX. */
get_key:
    pushw $DATA_SEGMENT
    popw %ds
    movw KEY_HEAD, %bx
    cmpw KEY_TAIL, %bx
    jne 1f
    movw $COM1_STATUS, %dx
    inb %dx, %al
    testb $STATUS_DATA_READY, %al
    movw $0, %ax
    jz 2f
    movw $COM1_DATA, %dx
    inb %dx, %al
    movw $KEYS, %bx
    movw %bx, KEY_HEAD
    movw %ax, (%bx)
    movw $KEYS + 2, KEY_TAIL
1:  movw (%bx), %ax
    testw %bx, %bx
2:  ret

    .section .note.GNU-stack, "", @progbits
