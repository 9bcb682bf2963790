/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest that is saved once it has written '!' to COM1. When it is restored, a second later or
 * more, its first exit is that it writes '.' there. On the command line:
 *
 *   before=N   it has written to N pages when it is saved
 *   after=N    it writes to N of them, up to as many, before the '.'
 *
 * That it was restored, by a restore that lets guest time go on, it knows by its TSC: between two
 * readings has passed far more than a busy host may take from it.
 */
#include <stddef.h>
#include <stdint.h>

#include "guest-images/payloads/lib/text.h"

#define COM1_THR        0x3f8
#define PAGES_GPA       0x1000000
#define PAGE_BYTES      4096
#define RESTORED_CYCLES UINT64_C(1000000000)

/* Multiboot Specification 0.6.96, section 3.3. */
#define INFO_FLAGS        0
#define INFO_COMMAND_LINE 4
#define FLAG_COMMAND_LINE 4

void payload_main(const uint32_t *info);

static void send(char byte)
{
    __asm__ volatile("outb %0, %1" : : "a"((uint8_t)byte), "Nd"((uint16_t)COM1_THR));
}

static uint64_t read_tsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static uint32_t number(const char *command_line, const char *name)
{
    const char *value = text_find_value(command_line, name);

    return value != NULL ? text_number(value) : 0;
}

static void write_pages(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        *(volatile uint32_t *)(uintptr_t)(PAGES_GPA + i * PAGE_BYTES) = i + 1;
}

/* From a reading on that is older than the save. */
static void await_restore(uint64_t now_tsc)
{
    uint64_t before_tsc;

    do {
        before_tsc = now_tsc;
        now_tsc = read_tsc();
    } while (now_tsc - before_tsc < RESTORED_CYCLES);
}

/* What is done after the restore is little: a KVM may interpret it. */
void payload_main(const uint32_t *info)
{
    const char *command_line = "";
    uint32_t after;
    uint64_t before_tsc;

    if (info != NULL && (info[INFO_FLAGS] & FLAG_COMMAND_LINE) != 0)
        command_line = (const char *)(uintptr_t)info[INFO_COMMAND_LINE];
    after = number(command_line, "after");
    write_pages(number(command_line, "before"));
    before_tsc = read_tsc();
    send('!');
    await_restore(before_tsc);
    write_pages(after);
    send('.');
}
