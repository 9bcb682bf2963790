/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COM1 reads slowly what was on stdin before it was set up: the numbers from 1 on, each in a line.
 * The word bytes= says how much.
 * It starts up as Linux's 8250 driver does, with clears and reads of RBR, and does so once again.
 * With poll=lsr or poll=rbr it sets up nothing, and only reads these registers; by RBR alone it
 * prints between two looks.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define COM1         0x3f8
#define IER          (COM1 + 1)
#define IIR          (COM1 + 2)
#define FCR          (COM1 + 2)
#define MCR          (COM1 + 4)
#define LSR          (COM1 + 5)
#define IER_RECEIVED 0x01
#define FCR_ENABLE   0x01
#define FCR_CLEAR    0x07
#define MCR_RTS      0x02
#define LSR_READY    0x01
#define CHUNK_BYTES  1024
#define REOPEN_BYTES 100003
#define PAUSE_BYTES  (64 << 10)
#define LIMIT_NS     (20 * NS_PER_SEC)

static char expected_line[24];
static unsigned expected_at;
static uint64_t line_number;

/* The next byte of "1\n2\n3\n...". */
static char next_expected(void)
{
    char reversed[24];
    unsigned digits = 0;

    if (line_number == 0 || expected_line[expected_at] == '\0') {
        uint64_t rest = ++line_number;

        do
            reversed[digits++] = (char)('0' + rest % 10);
        while ((rest /= 10) > 0);
        for (unsigned i = 0; i < digits; i++)
            expected_line[i] = reversed[digits - 1 - i];
        expected_line[digits] = '\n';
        expected_line[digits + 1] = '\0';
        expected_at = 0;
    }
    return expected_line[expected_at++];
}

static void start_up(void)
{
    out8(IER, 0);
    out8(FCR, FCR_ENABLE);
    out8(FCR, FCR_CLEAR);
    out8(FCR, 0);
    for (int i = 0; i < 2; i++) {
        in8(LSR);
        in8(COM1);
        in8(IIR);
    }
    out8(IER, IER_RECEIVED);
    out8(FCR, FCR_ENABLE);
    out8(MCR, 0);
    out8(MCR, MCR_RTS);
}

/* Once there is a byte, many reads by one instruction. An empty receiver reads as 0, which is no
 * byte. */
static uint32_t read_chunk(char *bytes)
{
    uint32_t count = 0;

    if ((in8(LSR) & LSR_READY) == 0)
        return 0;
    in8_string(COM1, bytes, CHUNK_BYTES);
    for (uint32_t i = 0; i < CHUNK_BYTES; i++)
        if (bytes[i] != 0)
            bytes[count++] = bytes[i];
    return count;
}

/* How many bytes are as they must be, until the first wrong one or none has come for LIMIT_NS. */
static uint32_t read_all(uint32_t from, uint32_t to)
{
    uint64_t last_ns = guest_ns();
    uint32_t done = from;

    while (done < to && guest_ns() < last_ns + LIMIT_NS) {
        static char bytes[CHUNK_BYTES];
        uint32_t count = read_chunk(bytes);

        for (uint32_t i = 0; i < count; i++)
            if (bytes[i] != next_expected())
                return done + i;
        if (done / PAUSE_BYTES != (done + count) / PAUSE_BYTES)
            wait_until_ns(guest_ns() + 20 * NS_PER_MS);
        done += count;
        if (count > 0)
            last_ns = guest_ns();
    }
    return done;
}

/* The next byte; 0: none yet. */
static char poll_byte(bool rbr_alone)
{
    if (rbr_alone)
        out8(COM1, '\n');
    else if ((in8(LSR) & LSR_READY) == 0)
        return 0;
    return (char)in8(COM1);
}

static uint32_t poll_all(bool rbr_alone, uint32_t bytes)
{
    uint64_t from_ns = guest_ns();
    uint32_t done = 0;

    while (done < bytes && guest_ns() < from_ns + LIMIT_NS) {
        char byte = poll_byte(rbr_alone);

        if (byte != 0 && byte != next_expected())
            return done;
        done += byte != 0;
    }
    return done;
}

void payload_main(const uint8_t *zero_page)
{
    uint32_t bytes = text_number(text_find_value(payload_command_line(zero_page), "bytes"));
    const char *poll = text_find_value(payload_command_line(zero_page), "poll");
    uint32_t read;

    if (poll != NULL) {
        read = poll_all(text_equal(poll, "rbr"), bytes);
        check_equal("bytes that are as they were given", read, bytes);
        check_done();
    }
    wait_until_ns(guest_ns() + 50 * NS_PER_MS);
    start_up();
    read = read_all(0, REOPEN_BYTES);
    check("all input before the port is closed is as it was given", read >= REOPEN_BYTES);
    start_up();
    read = read_all(read, bytes);
    check_equal("bytes that are as they were given", read, bytes);
    check_done();
}
