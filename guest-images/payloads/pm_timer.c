/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI PM block: its timer against guest time, TMR_STS and the SCI. With button=1 on the
 * command line, the power button: the judge sends SIGTERM, and the machine ends by S5.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pic.h"
#include "guest-images/payloads/lib/text.h"

#define PM1_STS      0x600
#define PM1_EN       0x602
#define PM1_CNT      0x604
#define PM_TMR       0x608
#define TMR_BIT      0x001
#define PWRBTN_BIT   0x100
#define SCI_EN       0x0001
#define S5_AND_SLEEP (1 << 13)
#define SCI_PIN      9
#define SCI_VECTOR   0x39
#define FLIP_TICKS   (UINT64_C(1) << 23)
#define READS        2000

static volatile uint32_t sci_count;
static volatile uint16_t sci_status;
static volatile uint64_t sci_ns;
static volatile bool sci_in_service;

static void on_sci(void)
{
    sci_ns = guest_ns();
    sci_in_service = apic_in_service(SCI_VECTOR);
    sci_status |= in16(PM1_STS);
    out16(PM1_STS, sci_status);
    sci_count++;
    apic_acknowledge();
}

static void check_counter(void)
{
    struct sample first = sample_take(pm_timer_read, guest_ns);
    uint64_t last = pm_timer_read();
    bool monotonic = true;

    for (unsigned i = 0; i < READS; i++) {
        uint64_t now = pm_timer_read();

        monotonic = monotonic && ((now - last) & (PM_TIMER_WRAP - 1)) < PM_TIMER_WRAP / 2;
        last = now;
    }
    check("it never goes back", monotonic);
    check_equal("its top byte reads 0", in8(PM_TMR + 3), 0);
    wait_until_ns(first.after + 300 * NS_PER_MS);
    check_elapsed("it counts at 3.579545 MHz of guest time", first,
                  sample_take(pm_timer_read, guest_ns), PM_TIMER_PER_NS);
}

static void check_sci(void)
{
    uint64_t before, start_ns;

    check_equal("SCI_EN is set from the start", in16(PM1_CNT) & SCI_EN, SCI_EN);
    out16(PM1_STS, TMR_BIT);
    before = pm_timer_read();
    out16(PM1_EN, TMR_BIT);
    start_ns = guest_ns();
    ioapic_enable(SCI_PIN, true, SCI_VECTOR, on_sci);
    check("TMR_STS raises the SCI", wait_for_count(&sci_count, 1, 3 * NS_PER_SEC));
    check_equal("with TMR_STS set", sci_status & TMR_BIT, TMR_BIT);
    check("when bit 23 has changed",
          sci_ns >= start_ns && ((before ^ pm_timer_read()) & FLIP_TICKS) != 0);
    check_equal("a write of 1 clears it", in16(PM1_STS) & TMR_BIT, 0);
    if (sci_in_service)
        check_equal("and the SCI was one", sci_count, 1);
    else
        check_skip("and the SCI was one", "this KVM's local APIC acknowledges by itself");
    out16(PM1_EN, 0);
    wait_for_count(&sci_count, UINT32_MAX, NS_PER_MS);
    sci_count = 0;
    check("without TMR_EN there is none", !wait_for_count(&sci_count, 1, 3 * NS_PER_SEC));
    check_equal("but TMR_STS is set", in16(PM1_STS) & TMR_BIT, TMR_BIT);
}

static void check_wrap(struct sample first)
{
    wait_until_ns(5 * NS_PER_SEC);
    check_elapsed("the rate is right across its wrap", first, sample_take(pm_timer_read, guest_ns),
                  PM_TIMER_PER_NS);
}

static void check_button(void)
{
    out16(PM1_EN, PWRBTN_BIT);
    ioapic_enable(SCI_PIN, true, SCI_VECTOR, on_sci);
    print("# ready\n");
    check("the power button raises the SCI", wait_for_count(&sci_count, 1, 30 * NS_PER_SEC));
    check_equal("with PWRBTN_STS", sci_status, PWRBTN_BIT);
    check_plan();
    out16(PM1_CNT, S5_AND_SLEEP);
    payload_end(PAYLOAD_FAILED);
}

void payload_main(const uint8_t *zero_page)
{
    struct sample first = sample_take(pm_timer_read, guest_ns);

    pic_init();
    apic_enable();
    if (text_find_value(payload_command_line(zero_page), "button") != NULL)
        check_button();
    check_counter();
    check_sci();
    check_wrap(first);
    check_done();
}
