/* SPDX-License-Identifier: BSD-2-Clause */
/* The 8254 as the guest reads it: counters against guest time and PM timer, latches, OUT, gate. */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"

#define COUNTER2  0x42
#define CONTROL   0x43
#define PORT61    0x61
#define GATE2     0x01
#define OUT2      0x20
#define SELECT2   0x80
#define BOTH      0x30
#define LSB_ONLY  0x10
#define MSB_ONLY  0x20
#define MODE(n)   ((n) << 1)
#define BCD       0x01
#define LATCH2    0x80
#define READ_BACK 0xc8
#define NO_COUNT  0x20
#define NO_STATUS 0x10

#define STATUS_OUT  0x80
#define STATUS_NULL 0x40

static void set_gate(bool high)
{
    out8(PORT61, high ? GATE2 : 0);
}

static void start_counter(uint8_t control, uint16_t count)
{
    out8(CONTROL, SELECT2 | BOTH | control);
    out8(COUNTER2, (uint8_t)count);
    out8(COUNTER2, (uint8_t)(count >> 8));
}

static uint16_t read_two_bytes(void)
{
    uint8_t low = in8(COUNTER2);

    return (uint16_t)(low | in8(COUNTER2) << 8);
}

static uint16_t latch_and_read(void)
{
    out8(CONTROL, LATCH2);
    return read_two_bytes();
}

/* Counts down from 0, which is 65536: ticks made, modulo that. */
static uint64_t ticks_made(void)
{
    return (uint16_t)-latch_and_read();
}

static uint64_t read_back_ticks(void)
{
    out8(CONTROL, READ_BACK | NO_STATUS);
    return (uint16_t)-read_two_bytes();
}

static uint64_t bcd_ticks(void)
{
    uint64_t ticks = 0;
    uint16_t count = latch_and_read();

    for (unsigned shift = 16; shift > 0; shift -= 4)
        ticks = 10 * ticks + (count >> (shift - 4) & 0xf);
    return 10000 - ticks;
}

static uint8_t read_status(void)
{
    out8(CONTROL, READ_BACK | NO_COUNT);
    return in8(COUNTER2);
}

static void check_rates(void)
{
    struct tick_rate per_pm_tick = {1, 3, 0x10000};
    struct sample first, last, first_by_pm, last_by_pm;

    start_counter(MODE(2), 0);
    first = sample_take(ticks_made, guest_ns);
    first_by_pm = sample_take(ticks_made, pm_timer_read);
    wait_until_ns(first.after + 300 * NS_PER_MS);
    last_by_pm = sample_take(ticks_made, pm_timer_read);
    last = sample_take(read_back_ticks, guest_ns);
    check_elapsed("mode 2 counts at 105/88 MHz of guest time", first, last, PIT_PER_NS);
    last_by_pm.before += last_by_pm.before < first_by_pm.after ? PM_TIMER_WRAP : 0;
    last_by_pm.after += last_by_pm.after < first_by_pm.after ? PM_TIMER_WRAP : 0;
    check_elapsed("one tick is three of the PM timer", first_by_pm, last_by_pm, per_pm_tick);
}

static void check_bcd(void)
{
    struct tick_rate rate = PIT_PER_NS;
    struct sample first, last;

    rate.wrap = 10000;
    start_counter(MODE(2) | BCD, 0);
    first = sample_take(bcd_ticks, guest_ns);
    wait_until_ns(first.after + 50 * NS_PER_MS);
    last = sample_take(bcd_ticks, guest_ns);
    check_elapsed("BCD counts in tens, from 10000", first, last, rate);
}

/* What a latch holds is the count when it was given, however late and often it is asked for. */
static void check_latch(void)
{
    struct sample first, last;

    start_counter(MODE(2), 0);
    first = sample_take(ticks_made, guest_ns);
    last.before = guest_ns();
    out8(CONTROL, LATCH2);
    last.after = guest_ns();
    wait_until_ns(last.after + NS_PER_MS);
    out8(CONTROL, LATCH2);
    out8(CONTROL, READ_BACK | NO_STATUS);
    last.value = (uint16_t)-read_two_bytes();
    check_elapsed("a latched count waits, and later latches are ignored", first, last, PIT_PER_NS);
    check_elapsed("after it was read the counter can be read again", first,
                  sample_take(ticks_made, guest_ns), PIT_PER_NS);
}

static void check_status(void)
{
    struct sample first, last;

    out8(CONTROL, SELECT2 | BOTH | MODE(3));
    check_equal("status after the control word: OUT high, NULL COUNT, mode 3", read_status(),
                STATUS_OUT | STATUS_NULL | BOTH | MODE(3));
    start_counter(MODE(2), 0);
    wait_until_ns(guest_ns() + NS_PER_MS);
    first = sample_take(ticks_made, guest_ns);
    last.before = guest_ns();
    out8(CONTROL, READ_BACK);
    last.after = guest_ns();
    check_equal("status while it counts: no NULL COUNT", in8(COUNTER2) & ~STATUS_OUT,
                BOTH | MODE(2));
    last.value = (uint16_t)-read_two_bytes();
    check_elapsed("the count follows the status", first, last, PIT_PER_NS);
    out8(CONTROL, SELECT2 | LSB_ONLY | MODE(4) | BCD);
    check_equal("status shows LSB access, mode 4 and BCD", read_status(),
                STATUS_OUT | STATUS_NULL | LSB_ONLY | MODE(4) | BCD);
}

/* Mode 0 with N: OUT rises N + 1 pulses after the count was written, of which one may be partial.
 */
static void check_out(void)
{
    const uint64_t count = 0x8000;
    uint64_t written_from_ns, written_to_ns, low_ns, now_ns;

    out8(CONTROL, SELECT2 | BOTH | MODE(0));
    check_equal("mode 0 without a count: OUT 2 is low", in8(PORT61) & OUT2, 0);
    written_from_ns = guest_ns();
    start_counter(MODE(0), (uint16_t)count);
    low_ns = now_ns = written_to_ns = guest_ns();
    while ((in8(PORT61) & OUT2) == 0 && now_ns < written_to_ns + NS_PER_SEC) {
        low_ns = now_ns;
        now_ns = guest_ns();
    }
    check_when("mode 0: OUT 2 rises after N + 1 ticks", low_ns, guest_ns(),
               written_from_ns + ticks_to_ns(PIT_PER_NS, count),
               written_to_ns + ticks_to_ns(PIT_PER_NS, count + 2) + 1);
    check_equal("OUT is high in the status, too", read_status() & STATUS_OUT, STATUS_OUT);
    set_gate(false);
    start_counter(MODE(0), (uint16_t)count);
    check_equal("a new count takes OUT 2 low", read_status() & STATUS_OUT, 0);
}

static void check_gate(void)
{
    uint16_t halted;
    struct sample first;

    set_gate(true);
    start_counter(MODE(0), 0xffff);
    wait_until_ns(guest_ns() + NS_PER_MS);
    set_gate(false);
    halted = latch_and_read();
    wait_until_ns(guest_ns() + NS_PER_MS);
    check_equal("GATE 2 low halts mode 0", latch_and_read(), halted);
    first.value = (uint16_t)-halted;
    first.before = guest_ns();
    set_gate(true);
    first.after = guest_ns();
    wait_until_ns(first.after + NS_PER_MS);
    check_elapsed("GATE 2 high lets it go on from there", first, sample_take(ticks_made, guest_ns),
                  PIT_PER_NS);
}

static void check_bytes(void)
{
    out8(CONTROL, SELECT2 | MSB_ONLY | MODE(0));
    set_gate(false);
    out8(COUNTER2, 0x80);
    wait_until_ns(guest_ns() + NS_PER_MS);
    check_equal("MSB access reads the high byte", in8(COUNTER2), 0x80);
    check_equal("and again", in8(COUNTER2), 0x80);
    set_gate(true);
}

static void check_refresh(void)
{
    uint64_t end_ns = guest_ns() + NS_PER_SEC;
    uint8_t seen = 0;

    while (seen != 3 && guest_ns() < end_ns)
        seen |= (in8(PORT61) & 0x10) != 0 ? 2 : 1;
    check_equal("the refresh bit of port 61h toggles", seen, 3);
}

void payload_main(const uint8_t *zero_page)
{
    (void)zero_page;
    set_gate(true);
    check_rates();
    check_bcd();
    check_latch();
    check_status();
    check_out();
    check_gate();
    check_bytes();
    check_refresh();
    check_done();
}
