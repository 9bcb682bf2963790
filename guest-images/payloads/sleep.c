/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suspend to RAM (ACPI S3). The guest sets the RTC's alarm, leaves its marks in every chip and
 * register that is to lose them, and sleeps; woken, it looks at what it finds. cpus=N on the
 * command line; tsc=reset where the TSCs are to begin at 0. With alarm=0 it is the host that wakes
 * it.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/rtc.h"
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/tables.h"
#include "guest-images/payloads/lib/text.h"

#define LIMIT_NS (60 * NS_PER_SEC)

#define FADT_FACS   36
#define FACS_VECTOR 12

#define PM1_STS 0x600
#define PM1_EN  0x602
#define PM1_CNT 0x604
#define RTC_BIT (1u << 10)
#define WAK_BIT (1u << 15)
#define SLEEP   (1u << 10 | 1u << 13)

#define RTC_B       0x0b
#define RTC_C       0x0c
#define RTC_B_24H   0x02
#define RTC_B_AIE   0x20
#define RTC_ANY     0xff
#define RTC_SEC     0
#define RTC_SEC_SET 1
#define RTC_MIN_SET 3
#define RTC_HR_SET  5

#define HPET_CONFIG  ((volatile uint64_t *)0xfed00010)
#define HPET_COUNTER ((volatile uint64_t *)0xfed000f0)
#define COM2_SCRATCH 0x2ff

#define MSR_LSTAR      0xc0000082
#define MSR_TSC_ADJUST 0x3b
#define MARK           UINT64_C(0x123456789abc)

static struct pvclock_page page;
static volatile uint32_t others_up;
static volatile bool has_slept;
static uint32_t cpus;
static bool tsc_is_reset, tsc_can_move, has_alarm;

static struct {
    uint64_t guest_ns, tsc;
} before;

static uint8_t *facs(void)
{
    const uint8_t *rsdp = acpi_find_rsdp();
    const uint8_t *fadt =
        rsdp == NULL ? NULL : acpi_find_table(acpi_at(acpi_field64(rsdp, ACPI_RSDP_XSDT)), "FACP");

    return fadt == NULL ? NULL : (uint8_t *)(uintptr_t)acpi_field32(fadt, FADT_FACS);
}

/* Two to three seconds from now, in whatever minute. */
static void set_alarm(void)
{
    uint8_t sec = rtc_read(RTC_SEC);
    unsigned due = (10u * (sec >> 4) + (sec & 0xf) + 3) % 60;

    rtc_write(RTC_SEC_SET, (uint8_t)(due / 10 << 4 | due % 10));
    rtc_write(RTC_MIN_SET, RTC_ANY);
    rtc_write(RTC_HR_SET, RTC_ANY);
    rtc_read(RTC_C);
    rtc_write(RTC_B, RTC_B_24H | RTC_B_AIE);
    out16(PM1_STS, RTC_BIT | WAK_BIT);
    out16(PM1_EN, RTC_BIT);
}

static void leave_marks(void)
{
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    msr_write(MSR_LSTAR, MARK);
    *HPET_CONFIG = 1;
    out8(COM2_SCRATCH, 0x5a);
    before.tsc = tsc_read();
    msr_write(MSR_TSC_ADJUST, MARK);
    tsc_can_move = tsc_read() - before.tsc >= MARK;
}

/* With interrupts off: the RTC's alarm waits at PICs that nobody has set up since the reset. */
static void start_others(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;

    others_up = 0;
    smp_start_each(cpus);
    while (others_up < cpus - 1 && guest_ns() < end_ns)
        cpu_pause();
    check_equal("every other CPU comes", others_up, cpus - 1);
}

static void sleep(void)
{
    const uint32_t vector = smp_put_trampoline();
    uint8_t *table = facs();

    check("there is a FACS", table != NULL && acpi_has_signature(table, "FACS"));
    if (table == NULL)
        check_done();
    memcpy(table + FACS_VECTOR, &vector, sizeof vector);
    before.tsc = tsc_read();
    before.guest_ns = guest_ns();
    has_slept = true;
    print("# ready\n");
    out16(PM1_CNT, SLEEP);
    check("nothing runs on where it slept", false);
    check_done();
}

static void check_time(void)
{
    uint64_t passed_ns = guest_ns() - before.guest_ns, tsc = tsc_read();

    if (has_alarm)
        check_range("guest time has gone on", passed_ns, NS_PER_SEC, LIMIT_NS);
    if (!tsc_is_reset)
        check("the TSC has gone on", tsc > before.tsc);
    else if (tsc_can_move)
        check("the TSC has begun again", tsc < before.tsc);
    else
        check_skip("the TSC has begun again", "this KVM ignores TSC offsets");
    check_equal("IA32_TSC_ADJUST", msr_read(MSR_TSC_ADJUST),
                tsc_is_reset || !tsc_can_move ? 0 : MARK);
    check_equal("kvm-clock is off", msr_read(MSR_SYSTEM_TIME), 0);
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    passed_ns = guest_ns();
    check_range("enabled again, it shows guest time", pvclock_read_ns(&page), passed_ns,
                passed_ns + LIMIT_NS);
}

static void check_chips(void)
{
    check_equal("WAK_STS says that it has woken", in16(PM1_STS) & WAK_BIT, WAK_BIT);
    if (has_alarm)
        check_equal("and RTC_STS what woke it", in16(PM1_STS) & RTC_BIT, RTC_BIT);
    check_equal("LSTAR is 0", msr_read(MSR_LSTAR), 0);
    check_equal("the HPET is off", *HPET_CONFIG, 0);
    check_equal("and its counter 0", *HPET_COUNTER, 0);
    check_equal("COM2's scratch register is 0", in8(COM2_SCRATCH), 0);
    check("the local APIC is as firmware leaves it", apic_is_as_firmware_leaves_it());
    check_equal("this is the first CPU", apic_id(), 0);
}

void smp_main(unsigned index)
{
    (void)index;
    if (!has_slept || apic_id() != 0) {
        others_up++;
        return;
    }
    check_chips();
    check_time();
    start_others();
    check_done();
}

void payload_main(const uint8_t *zero_page)
{
    const char *line = payload_command_line(zero_page);
    const char *tsc = text_find_value(line, "tsc"), *alarm = text_find_value(line, "alarm");

    cpus = text_number_for(line, "cpus", 0);
    tsc_is_reset = tsc != NULL && tsc[0] == 'r';
    has_alarm = alarm == NULL || alarm[0] != '0';
    apic_enable();
    start_others();
    leave_marks();
    if (has_alarm)
        set_alarm();
    sleep();
}
