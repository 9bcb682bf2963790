/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes to IA32_TSC and IA32_TSC_ADJUST: each moves the TSC and the other register with it, and
 * not the TSC of another CPU; kvm-clock goes on as if nothing had been; and a TSC deadline that was
 * armed before is one of the TSC as it is then. On a KVM that cannot move a guest's TSC the writes
 * have no effect, and kvm-clock is right all the same.
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

#define TIMER_VECTOR   0x30
#define TIMER_LIMIT_NS NS_PER_SEC
/* Half a second or so. */
#define TIMER_CYCLES (UINT64_C(1) << 30)

static struct pvclock_page pages[2];
static volatile uint64_t fired_tsc;
static volatile uint32_t fired_count;
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

static void on_timer(void)
{
    fired_tsc = tsc_read();
    fired_count++;
    apic_acknowledge();
}

/* A deadline of 0 disarms. */
static uint64_t arm_timer(uint64_t cycles)
{
    uint64_t deadline;

    apic_timer_start_deadline(0, TIMER_VECTOR, on_timer);
    fired_count = 0;
    deadline = tsc_read() + cycles;
    apic_timer_start_deadline(deadline, TIMER_VECTOR, on_timer);
    return deadline;
}

static void check_deadline_passed(void)
{
    arm_timer(AHEAD);
    msr_write(MSR_TSC_ADJUST, AHEAD);
    check("a TSC deadline that the TSC is moved past interrupts",
          wait_for_count(&fired_count, 1, TIMER_LIMIT_NS));
    msr_write(MSR_TSC_ADJUST, 0);
}

/*
 * Again if the deadline may have come before the TSC was moved, on a host that is so slow. With
 * interrupts on, such a one does not wait until after it.
 */
static void check_deadline_put_off(void)
{
    uint64_t deadline;

    interrupts_on();
    do {
        msr_write(MSR_TSC_ADJUST, 0);
        deadline = arm_timer(TIMER_CYCLES);
        msr_write(MSR_TSC_ADJUST, -TIMER_CYCLES);
    } while (tsc_read() + TIMER_CYCLES >= deadline);
    interrupts_off();
    while (fired_count == 0)
        interrupts_wait();
    check_range("one that the TSC is moved back from does not until it is there", fired_tsc,
                deadline, UINT64_MAX);
    msr_write(MSR_TSC_ADJUST, 0);
}

static void check_deadline(void)
{
    if (works) {
        check_deadline_passed();
        check_deadline_put_off();
    } else {
        check_skip("a TSC deadline armed before a write is one of the TSC after it", NO_EFFECT);
    }
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
    check_deadline();
    smp_start();
    ask_other();
    check_other(stable_alone);
    check_done();
}
