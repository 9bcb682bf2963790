/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads clocks and says what they showed, one in a line: "NAME VALUE". Whoever has traced the run
 * compares the two.
 */
#include "devices/pc/hpet.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"

#define ROUNDS    40
#define HPET_GPA  0xfed00000
#define PM_TIMER  0x608
#define PIT_PORT  0x40
#define RTC_INDEX 0x70
#define RTC_DATA  0x71

static void say(const char *name, uint64_t value)
{
    print(name);
    print(" ");
    print_decimal(value);
    print("\n");
}

void payload_main(const uint8_t *zero_page)
{
    volatile uint8_t *hpet = (volatile uint8_t *)HPET_GPA;

    (void)zero_page;
    *(volatile uint32_t *)(hpet + HPET_REG_CONFIG) = 1;
    for (unsigned i = 0; i < ROUNDS; i++) {
        say("pm", in32(PM_TIMER));
        say("hpet", *(volatile uint64_t *)(hpet + HPET_REG_COUNTER));
        say("hpet", *(volatile uint32_t *)(hpet + HPET_REG_COUNTER));
        say("pit", in8(PIT_PORT));
        out8(RTC_INDEX, 0);
        say("rtc", in8(RTC_DATA));
    }
    payload_end(PAYLOAD_PASSED);
}
