/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lost ticks of the RTC, as a guest sees them that does not read register C for a while: dropped,
 * or one with each read afterwards. The command line says which: rtc=drop or rtc=burst.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/rtc.h"
#include "guest-images/payloads/lib/text.h"

#define A           10
#define B           11
#define C           12
#define A_1024HZ    0x26
#define B_24H_PIE   0x42
#define C_PF        0x40
#define PERIOD_NS   976562
#define LATE_NS     (100 * NS_PER_MS)
#define LATE_TICKS  102
#define LEFT_OUT_NS (20 * NS_PER_MS)

/* Reads C until it does not have PF; returns how often it had. */
static uint64_t take_ticks(void)
{
    uint64_t count = 0;

    while ((rtc_read(C) & C_PF) != 0)
        count++;
    return count;
}

/* IRQ 8 is masked: what counts is the flag. */
void payload_main(const uint8_t *zero_page)
{
    const char *policy = text_find_value(payload_command_line(zero_page), "rtc");
    uint64_t start_ns, late_ns, count, passed;

    rtc_write(A, A_1024HZ);
    rtc_read(C);
    start_ns = guest_ns();
    rtc_write(B, B_24H_PIE);
    wait_until_ns(start_ns + LATE_NS);
    late_ns = guest_ns();
    count = take_ticks();
    if (*policy == 'b') {
        passed = (guest_ns() - start_ns) / PERIOD_NS + 1;
        check_range("in a burst, each read of C brings a tick", count, LATE_TICKS, passed);
    } else {
        passed = (guest_ns() - late_ns) / PERIOD_NS + 2;
        check_range("dropped ticks do not come", count, 1, passed);
    }
    wait_until_ns(guest_ns() + LEFT_OUT_NS);
    /* What has been lost by then is counted. */
    rtc_write(B, B_24H_PIE);
    check_done();
}
