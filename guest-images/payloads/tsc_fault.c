/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSC of CPU 1 is set back by a millisecond, with --at 'TIME tsc.offset vcpu=1 by=-1ms'. Its
 * kvm-clock page follows, or does not with page=stale on the command line and in the fault.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/text.h"

#define MSR_TSC_ADJUST 0x3b
#define BACK_NS        NS_PER_MS
/* The page's own arithmetic, and cycles that are rounded. */
#define SLACK_NS 10
#define LIMIT_NS (20 * NS_PER_SEC)
#define TRIES    1000

static struct pvclock_page clocks[2];
/* CPU 1 reads its clocks when the number is raised, and answers with it. */
static volatile uint32_t asked, answered;
static volatile uint64_t other_tsc, other_ns, other_adjust;

void smp_main(unsigned index)
{
    (void)index;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&clocks[1] | PVCLOCK_ENABLE);
    for (;;) {
        uint32_t number = asked;

        if (number == answered)
            continue;
        other_tsc = tsc_read();
        other_ns = pvclock_read_ns(&clocks[1]);
        other_adjust = msr_read(MSR_TSC_ADJUST);
        answered = number;
    }
}

/* How many nanoseconds CPU 1 is behind this one, at least and at most: its TSC, and its page. */
struct behind {
    int64_t tsc_least, tsc_most, page_least, page_most;
};

static void ask(void)
{
    asked++;
    while (answered != asked)
        cpu_pause();
}

/* By CPU 0's page. */
static int64_t ns_of(int64_t cycles)
{
    struct pvclock_page page = pvclock_copy(&clocks[0]);
    uint64_t ns =
        pvclock_ns_at(&page, page.tsc_timestamp + (uint64_t)(cycles < 0 ? -cycles : cycles)) -
        page.system_time_ns;

    return cycles < 0 ? -(int64_t)ns : (int64_t)ns;
}

static struct behind ask_once(void)
{
    uint64_t before_ns = pvclock_read_ns(&clocks[0]), before = tsc_read(), after, after_ns;

    ask();
    after = tsc_read();
    after_ns = pvclock_read_ns(&clocks[0]);
    return (struct behind){ns_of((int64_t)(before - other_tsc)),
                           ns_of((int64_t)(after - other_tsc)), (int64_t)(before_ns - other_ns),
                           (int64_t)(after_ns - other_ns)};
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What is certain after many readings, between which nothing changes. */
static struct behind measure(void)
{
    struct behind sure = ask_once();

    for (unsigned i = 0; i < TRIES; i++) {
        struct behind one = ask_once();

        sure = (struct behind){
            greater(sure.tsc_least, one.tsc_least), lesser(sure.tsc_most, one.tsc_most),
            greater(sure.page_least, one.page_least), lesser(sure.page_most, one.page_most)};
    }
    return sure;
}

static bool may_be(int64_t ns, int64_t least, int64_t most)
{
    return least - SLACK_NS <= ns && ns <= most + SLACK_NS;
}

void payload_main(const uint8_t *zero_page)
{
    bool is_stale = *text_find_value(payload_command_line(zero_page), "page") == 's';
    uint64_t end_ns = guest_ns() + LIMIT_NS;
    struct behind behind;

    apic_enable();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&clocks[0] | PVCLOCK_ENABLE);
    smp_start();
    ask();
    while (ask_once().tsc_least < (int64_t)BACK_NS / 2 && guest_ns() < end_ns)
        cpu_pause();
    behind = measure();
    check("its TSC is a millisecond behind",
          may_be((int64_t)BACK_NS, behind.tsc_least, behind.tsc_most));
    check(is_stale ? "its page is as well" : "its page is right",
          may_be(is_stale ? (int64_t)BACK_NS : 0, behind.page_least, behind.page_most));
    check_equal("IA32_TSC_ADJUST is 0 still", other_adjust, 0);
    if (!is_stale)
        check_equal("no page says TSC_STABLE", clocks[0].flags | clocks[1].flags, 0);
    else
        check_equal("both pages say the same", clocks[0].flags, clocks[1].flags);
    check_done();
}
