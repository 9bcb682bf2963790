/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resets the machine until it has booted as often as boots= says, and then looks at what is left of
 * the boots before. The RTC's memory counts them, and keeps the host's time at the latest reset.
 *
 * Each boot changes what must not last: memory, the HPET, the date of the RTC, which must; and it
 * reads a part of what is on stdin, the numbers from 1 on, each in a line. The receiver holds more
 * than that part.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/rtc.h"
#include "guest-images/payloads/lib/text.h"

#define COM1          0x3f8
#define FCR           (COM1 + 2)
#define MCR           (COM1 + 4)
#define LSR           (COM1 + 5)
#define FCR_ENABLE    0x01
#define MCR_RTS       0x02
#define LSR_READY     0x01
#define I8042_COMMAND 0x64
#define PULSE_RESET   0xfe
#define RTC_YEAR      0x09
#define RTC_B         0x0b
#define RTC_B_SET     0x80
#define NVRAM_BOOTS   0x50
#define NVRAM_TIME    0x51
#define OTHER_YEAR    0x44
#define HPET_CONFIG   ((volatile uint64_t *)UINT64_C(0xfed00010))
#define HPET_COUNTER  ((volatile uint64_t *)UINT64_C(0xfed000f0))
#define HPET_ENABLE   1
#define MARK_PLACE    ((volatile uint64_t *)UINT64_C(0x1800000))
#define MARK          UINT64_C(0x5a5a5a5a12345678)
#define PART_BYTES    20
#define LIMIT_NS      (20 * NS_PER_SEC)

/* Byte number n of "1\n2\n3\n...", of numbers below 100. */
static char input_byte(unsigned n)
{
    unsigned number = n < 18 ? n / 2 + 1 : (n - 18) / 3 + 10;
    unsigned place = n < 18 ? n % 2 + 1 : (n - 18) % 3;

    if (place == 2 || (n < 18 && n % 2 == 1))
        return '\n';
    return (char)('0' + (n >= 18 && place == 0 ? number / 10 : number % 10));
}

/* How many bytes of the part came as they were given. */
static unsigned read_part(unsigned part)
{
    uint64_t from_ns = guest_ns();

    out8(FCR, FCR_ENABLE);
    out8(MCR, MCR_RTS);
    for (unsigned i = 0; i < PART_BYTES; i++) {
        while ((in8(LSR) & LSR_READY) == 0)
            if (guest_ns() > from_ns + LIMIT_NS)
                return i;
        if ((char)in8(COM1) != input_byte(part * PART_BYTES + i))
            return i;
    }
    return PART_BYTES;
}

static void keep_host_time(uint64_t host_ns)
{
    for (unsigned i = 0; i < 8; i++)
        rtc_write((uint8_t)(NVRAM_TIME + i), (uint8_t)(host_ns >> 8 * i));
}

static uint64_t kept_host_time(void)
{
    uint64_t host_ns = 0;

    for (unsigned i = 0; i < 8; i++)
        host_ns |= (uint64_t)rtc_read((uint8_t)(NVRAM_TIME + i)) << 8 * i;
    return host_ns;
}

static void change_things(void)
{
    *MARK_PLACE = MARK;
    *HPET_CONFIG = HPET_ENABLE;
    rtc_write(RTC_B, rtc_read(RTC_B) | RTC_B_SET);
    rtc_write(RTC_YEAR, OTHER_YEAR);
    rtc_write(RTC_B, (uint8_t)(rtc_read(RTC_B) & ~RTC_B_SET));
}

static __attribute__((noreturn)) void reset(void)
{
    struct reference_record now;

    reference_read(&now);
    keep_host_time(now.host_monotonic_raw_ns);
    for (;;)
        out8(I8042_COMMAND, PULSE_RESET);
}

static void look(unsigned boot)
{
    struct reference_record now;

    reference_read(&now);
    check("guest time has begun after the reset",
          now.host_monotonic_raw_ns - now.guest_ns > kept_host_time());
    check_equal("memory is as at power-on", *MARK_PLACE, 0);
    check_equal("and the HPET", *HPET_CONFIG | *HPET_COUNTER, 0);
    check_equal("the RTC has the date that it was set to", rtc_read(RTC_YEAR), OTHER_YEAR);
    check_equal("input that was not read is still there", read_part(boot), PART_BYTES);
}

void payload_main(const uint8_t *zero_page)
{
    unsigned boots = text_number(text_find_value(payload_command_line(zero_page), "boots"));
    uint8_t boot = rtc_read(NVRAM_BOOTS);

    if (boot + 1u < boots) {
        if (read_part(boot) != PART_BYTES)
            payload_end(PAYLOAD_FAILED);
        rtc_write(NVRAM_BOOTS, boot + 1);
        change_things();
        reset();
    }
    look(boot);
    check_done();
}
