/* SPDX-License-Identifier: BSD-2-Clause */
/* See check.h. COM1 as it is out of reset: bytes are just written. */
#include "guest-images/payloads/lib/check.h"

#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/text.h"

#define COM1_THR    0x3f8
#define COM1_LSR    0x3fd
#define LSR_THRE    0x20
#define HEX_DIGITS  16
#define LIMBS       4
#define LIMB_BITS   16
#define TEXT_DIGITS 20

static uint32_t check_count;
static bool check_failed;

static void print_char(char c)
{
    while ((in8(COM1_LSR) & LSR_THRE) == 0)
        cpu_pause();
    out8(COM1_THR, (uint8_t)c);
}

void print(const char *text)
{
    while (*text != '\0')
        print_char(*text++);
}

void print_hex(uint64_t value)
{
    unsigned digits = HEX_DIGITS;

    while (digits > 1 && value >> 60 == 0) {
        value <<= 4;
        digits--;
    }
    print("0x");
    for (; digits > 0; digits--, value <<= 4)
        print_char("0123456789abcdef"[value >> 60]);
}

/* Divides by 10 in 16-bit steps: a 32-bit payload has no library for 64-bit division. */
static uint32_t take_last_digit(uint16_t limbs[LIMBS])
{
    uint32_t remainder = 0;

    for (unsigned i = LIMBS; i-- > 0;) {
        uint32_t part = remainder << LIMB_BITS | limbs[i];

        limbs[i] = (uint16_t)(part / 10);
        remainder = part % 10;
    }
    return remainder;
}

void print_decimal(uint64_t value)
{
    uint16_t limbs[LIMBS];
    char digits[TEXT_DIGITS];
    unsigned count = 0;

    for (unsigned i = 0; i < LIMBS; i++)
        limbs[i] = (uint16_t)(value >> LIMB_BITS * i);
    do
        digits[count++] = (char)('0' + take_last_digit(limbs));
    while ((limbs[0] | limbs[1] | limbs[2] | limbs[3]) != 0);
    while (count > 0)
        print_char(digits[--count]);
}

/* The start of a line; the rest of one that failed says why. */
static bool begin_line(const char *name, bool ok)
{
    check_count++;
    check_failed = check_failed || !ok;
    print(ok ? "ok " : "not ok ");
    print(name);
    if (ok)
        print("\n");
    return !ok;
}

void check(const char *name, bool ok)
{
    if (begin_line(name, ok))
        print(": expected true got false\n");
}

void check_equal(const char *name, uint64_t got, uint64_t expected)
{
    if (begin_line(name, got == expected)) {
        print(": expected ");
        print_hex(expected);
        print(" got ");
        print_hex(got);
        print("\n");
    }
}

void check_range(const char *name, uint64_t got, uint64_t lowest, uint64_t highest)
{
    if (begin_line(name, got >= lowest && got <= highest)) {
        print(": expected ");
        print_decimal(lowest);
        print("..");
        print_decimal(highest);
        print(" got ");
        print_decimal(got);
        print("\n");
    }
}

void check_text(const char *name, const char *got, const char *expected)
{
    if (begin_line(name, text_equal(got, expected))) {
        print(": expected \"");
        print(expected);
        print("\" got \"");
        print(got);
        print("\"\n");
    }
}

void check_skip(const char *name, const char *reason)
{
    check_count++;
    print("ok ");
    print(name);
    print(" # SKIP ");
    print(reason);
    print("\n");
}

void check_plan(void)
{
    print("1..");
    print_decimal(check_count);
    print("\n");
}

void check_done(void)
{
    check_plan();
    payload_end(check_failed ? PAYLOAD_FAILED : PAYLOAD_PASSED);
}

void payload_end(uint8_t value)
{
    out8(DEBUG_EXIT_PORT, value);
    for (;;)
        __asm__ volatile("hlt");
}
