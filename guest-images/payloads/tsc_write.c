/*
 * Writes to IA32_TSC and IA32_TSC_ADJUST: each moves the TSC and the other register with it, and
 * not the TSC of another CPU; kvm-clock goes on as if nothing had been. On a KVM that cannot move a
 * guest's TSC the writes have no effect, and kvm-clock is right all the same.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/smp.h"

#define MSR_TSC        0x10
#define MSR_TSC_ADJUST 0x3b
#define AHEAD          (UINT64_C(1) << 44)
/* More cycles than the checks take, and much less than AHEAD. */
#define SOON      (UINT64_C(1) << 40)
#define NO_EFFECT "this KVM does not move a guest's TSC"

static struct pvclock_page pages[2];
static volatile uint64_t other_tsc;
static volatile unsigned asked, answered;
static bool works;

/* Another CPU reads its TSC whenever it is asked to. */
void smp_main(unsigned index)
{
    if (index != 1)
        return;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[1] | PVCLOCK_ENABLE);
    for (;;) {
        while (answered == asked)
            cpu_pause();
        other_tsc = tsc_read();
        answered = asked;
    }
}

static uint64_t ask_other(void)
{
    asked++;
    while (answered != asked)
        cpu_pause();
    return other_tsc;
}

static void check_moved(const char *name, uint64_t got, uint64_t lowest, uint64_t highest)
{
    if (works)
        check_range(name, got, lowest, highest);
    else
        check_skip(name, NO_EFFECT);
}

static void check_clock(const char *name)
{
    uint64_t before_ns = guest_ns();
    uint64_t page_ns = pvclock_read_ns(&pages[0]);

    check_range(name, page_ns, before_ns, guest_ns());
}

static void check_adjust(void)
{
    uint64_t before = tsc_read(), after;

    check_equal("IA32_TSC_ADJUST is 0 at first", msr_read(MSR_TSC_ADJUST), 0);
    msr_write(MSR_TSC_ADJUST, AHEAD);
    after = tsc_read();
    works = after - before >= AHEAD;
    check_moved("a write to IA32_TSC_ADJUST moves the TSC by as much", after, before + AHEAD,
                before + AHEAD + SOON);
    check_moved("and it reads back", msr_read(MSR_TSC_ADJUST), AHEAD, AHEAD);
    check_clock("kvm-clock is guest time still");
    msr_write(MSR_TSC_ADJUST, 0);
    check_range("0 takes the TSC back", tsc_read(), before, before + SOON);
    check_equal("and reads back", msr_read(MSR_TSC_ADJUST), 0);
    check_clock("kvm-clock is guest time after that");
}

static void check_write(void)
{
    uint64_t before = tsc_read(), after, adjust;

    msr_write(MSR_TSC, 7);
    after = tsc_read();
    adjust = msr_read(MSR_TSC_ADJUST);
    check_moved("a write to IA32_TSC sets it", after, 7, SOON);
    check_moved("IA32_TSC_ADJUST has been moved by as much", -adjust, before - 7,
                before - 7 + SOON);
    check_clock("kvm-clock is guest time still");
    if (works)
        msr_write(MSR_TSC_ADJUST, 0);
    check_range("adjusted by 0 it goes on as if it had never been set", tsc_read(), before,
                before + SOON);
    check_clock("kvm-clock is guest time after that");
}

static void check_other(uint8_t stable_alone)
{
    uint64_t other_before, other_after;

    check_equal("with one TSC, kvm-clock is as stable as on one CPU",
                pages[0].flags & PVCLOCK_TSC_STABLE, stable_alone);
    other_before = ask_other();
    msr_write(MSR_TSC_ADJUST, AHEAD);
    other_after = ask_other();
    check_range("the TSC of another CPU is not moved", other_after, other_before,
                other_before + SOON);
    check_moved("with two, kvm-clock is not stable", pages[0].flags & PVCLOCK_TSC_STABLE, 0, 0);
    check_moved("nor on the other CPU", pages[1].flags & PVCLOCK_TSC_STABLE, 0, 0);
    check_clock("kvm-clock is guest time still");
}

void payload_main(const uint8_t *zero_page)
{
    uint8_t stable_alone;

    (void)zero_page;
    apic_enable();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[0] | PVCLOCK_ENABLE);
    stable_alone = pages[0].flags & PVCLOCK_TSC_STABLE;
    check_adjust();
    check_write();
    smp_start();
    ask_other();
    check_other(stable_alone);
    check_done();
}
