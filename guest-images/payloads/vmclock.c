/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmclock's page tells the host's real time, for the guest's TSC. On the command line:
 *   pause=1   the machine is paused while guest time stands still: the page has a new marker, and
 *             tells the host's time as before
 *   date=SEC  the machine has a false date, that many seconds after the epoch: the page tells it
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"
#include "kvmclock/vmclock_page.h"

#define PAGE_GPA 0xfeffb000
#define TAI_SEC  37
/* Far more than the page and the reference device are apart, and far less than a pause. */
#define SLACK_NS     NS_PER_MS
#define LIMIT_NS     (30 * NS_PER_SEC)
#define DATE_SLACK_S 60

static volatile const struct vmclock_page *page(void)
{
    return (volatile const struct vmclock_page *)(uintptr_t)PAGE_GPA;
}

/* One consistent state of the page, and a TSC value of that time. */
static struct vmclock_page read_page(uint64_t *tsc)
{
    struct vmclock_page copy;

    do {
        copy = *page();
        *tsc = tsc_read();
    } while (copy.seq_count % 2 != 0 || copy.seq_count != page()->seq_count);
    return copy;
}

/* UTC in nanoseconds. */
static uint64_t page_ns(void)
{
    uint64_t tsc, frac;
    struct vmclock_page now = read_page(&tsc);
    vmclock_time time = ((vmclock_time)now.time_sec << 64) | now.time_frac_sec;

    time += ((vmclock_time)(tsc - now.counter_value) * now.counter_period_frac_sec) >>
            now.counter_period_shift;
    frac = (uint64_t)time;
    return ((uint64_t)(time >> 64) - (uint64_t)(int64_t)now.tai_offset_sec) * NS_PER_SEC +
           (uint64_t)(((vmclock_time)frac * NS_PER_SEC) >> 64);
}

static uint64_t realtime_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_realtime_ns;
}

static void check_constants(void)
{
    struct vmclock_page now;
    uint64_t tsc;

    now = read_page(&tsc);
    check_equal("vmclock's page has its magic", now.magic, VMCLOCK_MAGIC);
    check_equal("its size", now.size, VMCLOCK_REGION_BYTES);
    check_equal("its version", now.version, VMCLOCK_VERSION);
    check_equal("its counter is the TSC", now.counter_id, VMCLOCK_COUNTER_X86_TSC);
    check_equal("its time is TAI", now.time_type, VMCLOCK_TIME_TAI);
    check_equal("whose offset is what it is to be", (uint64_t)now.tai_offset_sec, TAI_SEC);
    check("no TSC is behind its reference", tsc >= now.counter_value);
}

static void check_is_realtime(const char *name)
{
    struct sample sample = sample_take(realtime_ns, page_ns);

    check_range(name, sample.value, sample.before - SLACK_NS, sample.after + SLACK_NS);
}

static void check_date(uint64_t date_sec)
{
    uint64_t sec = page_ns() / NS_PER_SEC, tsc;
    struct vmclock_page now = read_page(&tsc);

    check_range("it tells the false date", sec, date_sec, date_sec + DATE_SLACK_S);
    check_equal("as of a clock that nobody synchronizes", now.clock_status,
                VMCLOCK_STATUS_FREERUNNING);
    check_equal("and of which nothing is promised",
                now.flags & (VMCLOCK_FLAG_TIME_MAXERROR_VALID | VMCLOCK_FLAG_PERIOD_MAXERROR_VALID),
                0);
}

static void check_pause(void)
{
    uint64_t marker, limit_ns = guest_ns() + LIMIT_NS, tsc;
    struct vmclock_page before = read_page(&tsc), after;

    marker = before.disruption_marker;
    print("# ready\n");
    while (page()->disruption_marker == marker && guest_ns() < limit_ns)
        cpu_pause();
    after = read_page(&tsc);
    check("a pause gives it a new marker", after.disruption_marker != marker);
    check("and the same generation", after.vm_generation_counter == before.vm_generation_counter);
    check("and still no TSC is behind its reference", tsc >= after.counter_value);
    check_is_realtime("and it is the host's real time after that");
}

void payload_main(const uint8_t *zero_page)
{
    const char *words = payload_command_line(zero_page);
    const char *date = text_find_value(words, "date");

    check_constants();
    if (date != NULL)
        check_date(text_number(date));
    else
        check_is_realtime("it is the host's real time");
    if (text_find_value(words, "pause") != NULL)
        check_pause();
    check_done();
}
