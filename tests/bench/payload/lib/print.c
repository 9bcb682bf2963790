/* SPDX-License-Identifier: BSD-2-Clause */
/* See print.h. */
#include "tests/bench/payload/lib/print.h"

#include "guest-images/payloads/lib/cpu.h"

#define COM1_THR   0x3f8
#define DEBUG_EXIT 0xf4

void print(const char *text)
{
    while (*text != '\0')
        out8(COM1_THR, (uint8_t)*text++);
}

void print_number(uint32_t value, const char *end)
{
    char digits[11];
    char *first = digits + sizeof digits - 1;

    *first = '\0';
    do
        *--first = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    print(first);
    print(end);
}

void end(uint8_t code)
{
    out8(DEBUG_EXIT, code);
}
