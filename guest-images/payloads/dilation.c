/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With --time-rate guest time runs at k times the host's, and every clock with it: the PIT, the PM
 * timer, the HPET, the RTC, kvm-clock and the local APIC's count agree with guest time, guest time
 * with the host's clock times k, and no timer comes before it is due. The TSC has the host's rate.
 * Words on the command line: guest=N host=M for k = N / M.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/rtc.h"
#include "guest-images/payloads/lib/text.h"

#define MEASURE_HOST_NS (300 * NS_PER_MS)
#define SLEEP_NS        (20 * NS_PER_MS)
/* For an interrupt to come on a host that stands still. */
#define LIMIT_NS     (60 * NS_PER_SEC)
#define TIMER_VECTOR 0x39
#define HPET_VECTOR  0x38
#define HPET_PIN     20
#define APIC_DIVIDER 16
/* KVM's timers go by the host's CLOCK_MONOTONIC, which NTP steers by up to 500 ppm. */
#define KVM_PERMILLE   1
#define HPET(offset)   ((volatile uint64_t *)(uintptr_t)(0xfed00000 + (offset)))
#define HPET_CONFIG    HPET(0x10)
#define HPET_COUNTER   HPET(0xf0)
#define HPET_T0_CONFIG HPET(0x100)
#define HPET_T0        HPET(0x108)
#define HPET_ENABLE    1
#define HPET_T_ENABLE  0x004
#define HPET_TICK_NS   10

static struct pvclock_page page;
static uint64_t k_guest, k_host;
static volatile uint32_t irqs;
static volatile uint64_t irq_ns;

static uint64_t raw_times_k(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_monotonic_raw_ns * k_guest / k_host;
}

static uint64_t host_tsc(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_tsc;
}

static uint64_t hpet_read(void)
{
    return *HPET_COUNTER;
}

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&page);
}

static uint64_t apic_count(void)
{
    return UINT32_MAX - apic_timer_left();
}

static struct clock {
    const char *name;
    uint64_t (*read)(void);
    uint64_t (*axis)(void);
    struct tick_rate rate;
    struct sample first;
} clocks[] = {
    {"guest time is the host's times k", guest_ns, raw_times_k, {1, 1, 0}, {0}},
    {"the TSC has the host's rate", tsc_read, host_tsc, {1, 1, 0}, {0}},
    {"the PIT goes by guest time", pit_counter_read, guest_ns, PIT_PER_NS, {0}},
    {"so does the PM timer", pm_timer_read, guest_ns, PM_TIMER_PER_NS, {0}},
    {"so does the HPET", hpet_read, guest_ns, {1, HPET_TICK_NS, 0}, {0}},
    {"so does kvm-clock", page_ns, guest_ns, {1, 1, 0}, {0}},
};
#define CLOCK_COUNT (sizeof clocks / sizeof clocks[0])

static void on_irq(void)
{
    irq_ns = guest_ns();
    irqs++;
    apic_acknowledge();
}

/* With k = 1 / n the guest finds a bus of 1 GHz, where this KVM can do that; else of 1 GHz / k. */
static void check_apic_count(struct sample first, struct sample last)
{
    uint64_t got = last.value - first.value;
    uint64_t shortest = (last.before - first.after) / APIC_DIVIDER;
    uint64_t longest = (last.after - first.before) / APIC_DIVIDER + 1;
    bool is_fixed = k_guest == 1 && got < longest * 2;

    if (!is_fixed) {
        shortest = shortest * k_host / k_guest;
        longest = longest * k_host / k_guest + 1;
    }
    print(is_fixed ? "# the bus has 1 GHz\n" : "# the bus has 1 GHz / k\n");
    check_range("the local APIC counts by guest time", got,
                shortest - shortest * KVM_PERMILLE / 1000, longest + longest * KVM_PERMILLE / 1000);
}

static void check_clocks(void)
{
    uint64_t end_ns;
    struct sample first;

    apic_timer_start(UINT32_MAX, TIMER_VECTOR, on_irq);
    first = sample_take(apic_count, guest_ns);
    for (unsigned i = 0; i < CLOCK_COUNT; i++)
        clocks[i].first = sample_take(clocks[i].read, clocks[i].axis);
    end_ns = raw_times_k() + MEASURE_HOST_NS * k_guest / k_host;
    while (raw_times_k() < end_ns)
        cpu_pause();
    for (unsigned i = 0; i < CLOCK_COUNT; i++)
        check_elapsed(clocks[i].name, clocks[i].first, sample_take(clocks[i].read, clocks[i].axis),
                      clocks[i].rate);
    check_apic_count(first, sample_take(apic_count, guest_ns));
    apic_timer_start_mode(0, false, TIMER_VECTOR, on_irq);
}

/* A change of the seconds: after the reading before it began, and before the one that sees it
 * ended. */
static void find_change(uint64_t *before_ns, uint64_t *after_ns)
{
    uint64_t begin_ns = guest_ns();
    uint64_t sec = rtc_read_sec_of_day(), now_sec;

    *after_ns = guest_ns();
    do {
        *before_ns = begin_ns;
        begin_ns = *after_ns;
        now_sec = rtc_read_sec_of_day();
        *after_ns = guest_ns();
    } while (now_sec == sec);
}

static void check_rtc(void)
{
    uint64_t before_ns[2], after_ns[2];

    for (unsigned i = 0; i < 2; i++)
        find_change(&before_ns[i], &after_ns[i]);
    check_when("a second of the RTC is one of guest time", before_ns[1] - after_ns[0],
               after_ns[1] - before_ns[0], NS_PER_SEC, NS_PER_SEC);
}

static void check_timer(const char *name, void (*arm)(void), uint64_t early_ns)
{
    uint64_t armed_ns = guest_ns();

    irqs = 0;
    arm();
    check("a timer comes", wait_for_count(&irqs, 1, LIMIT_NS));
    check_range(name, irq_ns - armed_ns, SLEEP_NS - early_ns, LIMIT_NS);
    print("# after us: ");
    print_decimal((irq_ns - armed_ns) / 1000);
    print("\n");
}

static void arm_hpet(void)
{
    ioapic_enable(HPET_PIN, false, HPET_VECTOR, on_irq);
    *HPET_T0 = *HPET_COUNTER + SLEEP_NS / HPET_TICK_NS;
    *HPET_T0_CONFIG = (HPET_PIN << 9) | HPET_T_ENABLE;
}

static void arm_deadline(void)
{
    apic_timer_start_deadline(pvclock_tsc_after(&page, SLEEP_NS), TIMER_VECTOR, on_irq);
}

void payload_main(const uint8_t *zero_page)
{
    const char *line = payload_command_line(zero_page);
    uint64_t kvm_early_ns = SLEEP_NS * KVM_PERMILLE / 1000;

    k_guest = text_number_for(line, "guest", 0);
    k_host = text_number_for(line, "host", 0);
    apic_enable();
    pit_counter_start();
    *HPET_CONFIG = HPET_ENABLE;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    check_clocks();
    if (k_guest >= k_host)
        check_rtc();
    check_timer("no earlier than is due: the HPET", arm_hpet, HPET_TICK_NS);
    check_timer("no earlier than is due: a TSC deadline", arm_deadline, kvm_early_ns);
    check_done();
}
