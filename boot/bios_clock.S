/* SPDX-License-Identifier: BSD-2-Clause */
/* What bios.S has of the RTC: INT 1Ah, and the acknowledgement of its interrupt. */
    .set DATA_SEGMENT, 0x40
    .set TICKS, 0x6c
    .set MIDNIGHT, 0x70
    .set CMOS_INDEX, 0x70
    .set CMOS_DATA, 0x71
    .set RTC_SECONDS, 0x00
    .set RTC_MINUTES, 0x02
    .set RTC_HOURS, 0x04
    .set RTC_DAY, 0x07
    .set RTC_MONTH, 0x08
    .set RTC_YEAR, 0x09
    .set RTC_A, 0x0a
    .set RTC_UPDATING, 0x80
    .set RTC_C, 0x0c
    .set RTC_CENTURY, 0x32
    .set PIT_HZ, 1193182

    .code16
    .text
    .globl clock, acknowledge_rtc, map

/* INT 1Ah */
clock:
    cmpb $0x00, %ah
    je ticks
    cmpb $0x02, %ah
    je time
    cmpb $0x04, %ah
    jne unknown
    pushw %ax
1:  movb $RTC_DAY, %al
    call read_rtc
    movb %al, %dl
    movb $RTC_MONTH, %al
    call read_cmos
    movb %al, %dh
    movb $RTC_YEAR, %al
    call read_cmos
    movb %al, %cl
    movb $RTC_CENTURY, %al
    call read_cmos
    movb %al, %ch
    movb $RTC_DAY, %al
    call read_rtc
    cmpb %al, %dl
    jne 1b
    popw %ax
    jmp done

time:
    pushw %ax
    call read_time
    popw %ax
    jmp done

/* CH:CL:DH is the time in BCD, DL is 0. Changes AL. */
read_time:
    movb $RTC_SECONDS, %al
    call read_rtc
    movb %al, %dh
    movb $RTC_MINUTES, %al
    call read_cmos
    movb %al, %cl
    movb $RTC_HOURS, %al
    call read_cmos
    movb %al, %ch
    movb $RTC_SECONDS, %al
    call read_rtc
    cmpb %al, %dh
    jne read_time
    movb $0, %dl
    ret

/*
 * Nobody counts ticks unless the guest has set up PIT and PIC. So they are at least those of the
 * RTC's time of day, which change each second; what irq0 has counted beyond them stays. Midnight is
 * where the first of the two passes it.
 */
ticks:
    pushw %ds
    pushl %ebx
    pushl %eax
    call read_time
    movb %ch, %al
    call binary_of_bcd
    imulw $60, %ax, %bx
    movb %cl, %al
    call binary_of_bcd
    addw %ax, %bx
    movzwl %bx, %ebx
    imull $60, %ebx, %ebx
    movb %dh, %al
    call binary_of_bcd
    movzwl %ax, %eax
    addl %eax, %ebx
    pushl %edx
    movl $PIT_HZ, %eax
    mull %ebx
    shrdl $16, %edx, %eax
    popl %edx
    pushw $DATA_SEGMENT
    popw %ds
    movl %cs:ticks_before, %ebx
    movl %eax, %cs:ticks_before
    cmpl %ebx, TICKS
    jb 2f
    cmpl %ebx, %eax
    jae 3f
    /* The RTC has passed midnight, irq0 has not. */
    movb $1, MIDNIGHT
1:  movl %eax, TICKS
    jmp 4f
2:  /* irq0 has passed midnight; the RTC may be before it yet. */
    cmpl %ebx, %eax
    jae 4f
3:  cmpl TICKS, %eax
    ja 1b
4:  movw TICKS, %dx
    movw TICKS + 2, %cx
    popl %eax
    movb MIDNIGHT, %al
    movb $0, MIDNIGHT
    popl %ebx
    popw %ds
    jmp done

/* AX is what the BCD digits of AL mean. */
binary_of_bcd:
    movb %al, %ah
    shrb $4, %ah
    andb $0x0f, %al
    aad
    ret

/* The RTC interrupts no more until C is read. Changes AL. */
acknowledge_rtc:
    movb $RTC_C, %al
    jmp read_cmos

/* As read_cmos, when no update of the time is near. */
read_rtc:
    pushw %cx
    pushw %ax
    xorw %cx, %cx
1:  movb $RTC_A, %al
    call read_cmos
    testb $RTC_UPDATING, %al
    loopnz 1b
    popw %ax
    popw %cx

/* AL is the byte of the CMOS that AL names. */
read_cmos:
    outb %al, $CMOS_INDEX
    inb $CMOS_DATA, %al
    ret

/* Those of the RTC when it was last read. */
ticks_before:
    .long 0

/* Here bios.c puts the map. */
map:

    .section .note.GNU-stack, "", @progbits
