/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MC146818: its date, the update cycle, its three interrupts on IRQ 8, and its alarm as ACPI's
 * wake-up event. The command line may
 * have date=YYYYMMDD, a date on which the machine starts at 23:59:58.
 */
#include "guest-images/payloads/lib/rtc.h"
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "guest-images/payloads/lib/text.h"

#define IRQ     8
#define CENTURY 0x32
/* The same byte, where a PS/2 has it. */
#define CENTURY_PS2 0x37

enum { SECONDS = 0, SECONDS_ALARM = 1, MINUTES = 2, MINUTES_ALARM = 3, HOURS = 4, HOURS_ALARM = 5 };
enum { DAY = 7, MONTH = 8, YEAR = 9, A = 10, B = 11, C = 12, D = 13 };

#define A_UIP       0x80
#define A_DIVIDER   0x20
#define RATE_64HZ   10
#define B_24H       0x02
#define B_BINARY    0x04
#define B_UIE       0x10
#define B_AIE       0x20
#define B_PIE       0x40
#define B_SET       0x80
#define C_UF        0x10
#define C_AF        0x20
#define C_PF        0x40
#define C_IRQF      0x80
#define DONT_CARE   0xc0
#define PM1_STS     0x600
#define PM1_EN      0x602
#define RTC_BIT     0x400
#define SCI_PIN     9
#define SCI_VECTOR  0x39
#define UPDATE_NS   UINT64_C(2228000)
#define PERIOD_NS   UINT64_C(15625000)
#define PERIODS     8
#define CLOCK_SLACK UINT64_C(50000000)

static volatile uint32_t irq_count;
static volatile uint8_t irq_flags;
static volatile uint64_t irq_ns;

static void on_irq(void)
{
    irq_ns = guest_ns();
    irq_flags = rtc_read(C);
    irq_count++;
    pic_acknowledge(IRQ);
}

static volatile uint32_t sci_count;
static volatile uint16_t sci_status;

static void on_sci(void)
{
    sci_status |= in16(PM1_STS);
    out16(PM1_STS, sci_status);
    sci_count++;
    apic_acknowledge();
}

struct moment {
    unsigned year, month, day, second_of_day;
};

/* As software reads it: twice the same, and no update in progress. */
static struct moment moment_read(void)
{
    struct moment moment;
    unsigned seconds;

    do {
        while ((rtc_read(A) & A_UIP) != 0)
            cpu_pause();
        seconds = rtc_read_bcd(SECONDS);
        moment = (struct moment){
            .year = 100 * rtc_read_bcd(CENTURY) + rtc_read_bcd(YEAR),
            .month = rtc_read_bcd(MONTH),
            .day = rtc_read_bcd(DAY),
            .second_of_day = 3600 * rtc_read_bcd(HOURS) + 60 * rtc_read_bcd(MINUTES) + seconds,
        };
    } while ((rtc_read(A) & A_UIP) != 0 || rtc_read_bcd(SECONDS) != seconds);
    return moment;
}

/* Days since 1970-01-01; a year begins with March here, so that leap days end it. */
static uint64_t days_since_epoch(unsigned year, unsigned month, unsigned day)
{
    unsigned y = month > 2 ? year : year - 1;
    unsigned m = month > 2 ? month - 3 : month + 9;

    return 365ull * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static uint64_t epoch_second(struct moment moment)
{
    return days_since_epoch(moment.year, moment.month, moment.day) * 86400 + moment.second_of_day;
}

/* Both clocks started from the host's at the same instant; the host's may have been slewed since.
 */
static void check_date(void)
{
    struct reference_record before, after;
    uint64_t second;

    reference_read(&before);
    second = epoch_second(moment_read());
    reference_read(&after);
    check_range("the time of day is that of the host", second,
                (before.host_realtime_ns - CLOCK_SLACK) / NS_PER_SEC,
                (after.host_realtime_ns + CLOCK_SLACK) / NS_PER_SEC);
}

/* Starts at 23:59:58 of that day and looks at the next one. */
static void check_midnight(uint32_t date)
{
    uint64_t first_day = days_since_epoch(date / 10000, date / 100 % 100, date % 100);
    struct moment moment = moment_read();

    check_range("the date is the one that was asked for", epoch_second(moment),
                first_day * 86400 + 86398, first_day * 86400 + 86400 + 60);
    wait_until_ns(3 * NS_PER_SEC);
    check_equal("the next day is right", epoch_second(moment_read()) / 86400, first_day + 1);
    check_equal("and the century at 37h, too", rtc_read(CENTURY_PS2), rtc_read(CENTURY));
}

static void check_registers(void)
{
    check_equal("A: divider runs, 1024 Hz", rtc_read(A) & ~A_UIP, A_DIVIDER | 6);
    check_equal("B: 24 hours, BCD, no interrupt", rtc_read(B), B_24H);
    check_equal("D: RAM and time are valid", rtc_read(D), 0x80);
    rtc_write(0x40, 0x5a);
    check_equal("the memory keeps what is written", rtc_read(0x40), 0x5a);
}

/* One clean look at UIP: when it was last low, first high, last high, first low. */
struct update {
    uint64_t low_ns, rise_ns, high_ns, fall_ns;
};

static struct update update_watch(void)
{
    struct update update = {0};
    uint64_t now_ns = guest_ns();

    while ((rtc_read(A) & A_UIP) != 0)
        now_ns = guest_ns();
    for (bool high = false; !high; high = (rtc_read(A) & A_UIP) != 0) {
        update.low_ns = now_ns;
        now_ns = guest_ns();
    }
    update.rise_ns = guest_ns();
    now_ns = update.low_ns;
    for (bool high = true; high; high = (rtc_read(A) & A_UIP) != 0) {
        update.high_ns = now_ns;
        now_ns = guest_ns();
    }
    update.fall_ns = guest_ns();
    return update;
}

/* If the host is late a whole update can go by unseen: the next one is as good. */
static void check_update_cycle(void)
{
    struct update first = update_watch();
    struct update second = update_watch();
    uint64_t seconds = (second.rise_ns - first.low_ns + NS_PER_SEC / 2) / NS_PER_SEC;

    check("UIP is high for 2228 us",
          first.high_ns - first.rise_ns <= UPDATE_NS || first.high_ns < first.rise_ns);
    check("and no less", first.fall_ns - first.low_ns >= UPDATE_NS);
    check_when("it rises each second", second.low_ns, second.rise_ns,
               first.low_ns + seconds * NS_PER_SEC, first.rise_ns + seconds * NS_PER_SEC);
}

static void check_set(void)
{
    unsigned seconds;

    rtc_write(B, B_24H | B_SET);
    rtc_write(SECONDS, 0x30);
    wait_until_ns(guest_ns() + 1100 * NS_PER_MS);
    seconds = rtc_read_bcd(SECONDS);
    check_equal("SET holds the time", seconds, 30);
    check_equal("and UIP low", rtc_read(A) & A_UIP, 0);
    rtc_write(B, B_24H);
}

static void check_periodic(void)
{
    uint64_t start_ns;

    rtc_write(A, A_DIVIDER | RATE_64HZ);
    rtc_read(C);
    irq_count = 0;
    start_ns = guest_ns();
    rtc_write(B, B_24H | B_PIE);
    check("PIE interrupts periodically", wait_for_count(&irq_count, PERIODS, NS_PER_SEC));
    check_equal("with IRQF and PF in C", irq_flags & (C_IRQF | C_PF), C_IRQF | C_PF);
    check("not faster than 64 Hz", irq_ns >= start_ns + (PERIODS - 1) * PERIOD_NS);
    rtc_write(B, B_24H);
    wait_for_count(&irq_count, UINT32_MAX, NS_PER_MS); /* one that the PIC holds already */
    irq_count = 0;
    rtc_read(C);
    wait_for_count(&irq_count, 1, 40 * NS_PER_MS);
    check_equal("without PIE there is none", irq_count, 0);
    check_equal("but PF is set, without IRQF", rtc_read(C) & (C_IRQF | C_PF), C_PF);
    check_equal("reading C clears it", rtc_read(C) & C_IRQF, 0);
}

static void check_update_ended(void)
{
    unsigned before;

    rtc_read(C);
    irq_count = 0;
    before = rtc_read_bcd(SECONDS);
    rtc_write(B, B_24H | B_UIE);
    check("UIE interrupts after the update", wait_for_count(&irq_count, 1, 2 * NS_PER_SEC));
    check_equal("with IRQF and UF in C", irq_flags & (C_IRQF | C_UF), C_IRQF | C_UF);
    check("when the seconds have changed", rtc_read_bcd(SECONDS) != before);
    rtc_write(B, B_24H);
}

/* Two seconds from now, whatever the minute and hour. */
static void check_alarm(void)
{
    struct moment moment = moment_read();
    unsigned due = (moment.second_of_day + 2) % 60;
    uint64_t start_ns = guest_ns();

    rtc_write(SECONDS_ALARM, (uint8_t)(due / 10 << 4 | due % 10));
    rtc_write(MINUTES_ALARM, DONT_CARE);
    rtc_write(HOURS_ALARM, DONT_CARE);
    rtc_read(C);
    irq_count = 0;
    ioapic_enable(SCI_PIN, true, SCI_VECTOR, on_sci);
    out16(PM1_STS, RTC_BIT);
    out16(PM1_EN, RTC_BIT);
    check_equal("RTC_STS is clear before the alarm", in16(PM1_STS) & RTC_BIT, 0);
    rtc_write(B, B_24H | B_AIE);
    check("AIE interrupts at the alarm", wait_for_count(&irq_count, 1, 70 * NS_PER_SEC));
    check_equal("with IRQF and AF in C", irq_flags & (C_IRQF | C_AF), C_IRQF | C_AF);
    check("and with RTC_EN the SCI", wait_for_count(&sci_count, 1, NS_PER_SEC));
    check_equal("with RTC_STS", sci_status & RTC_BIT, RTC_BIT);
    check_equal("which a write of 1 clears", in16(PM1_STS) & RTC_BIT, 0);
    out16(PM1_EN, 0);
    check("not before its second", irq_ns > start_ns + NS_PER_SEC - UPDATE_NS);
    rtc_write(B, B_24H);
}

void payload_main(const uint8_t *zero_page)
{
    const char *date = text_find_value(payload_command_line(zero_page), "date");

    pic_init();
    apic_enable();
    pic_enable(IRQ, on_irq);
    check_registers();
    if (date != NULL)
        check_midnight(text_number(date));
    else
        check_date();
    if (date == NULL) {
        check_update_cycle();
        check_periodic();
        check_update_ended();
        check_alarm();
        check_set();
    }
    check_done();
}
