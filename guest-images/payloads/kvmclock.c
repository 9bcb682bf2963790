/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvm-clock as the guest's driver uses it: the MSRs, the page and its version protocol, the wall
 * clock. mode=off on the command line: all of it is hidden; mode=kernel: KVM's own, which only has
 * to work. wall=S: the second of the epoch at which the machine started.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/text.h"

#define FEATURES_LEAF  0x40000001
#define FEATURE_OLD    (1u << 0)
#define FEATURE_NEW    (1u << 3)
#define FEATURE_STABLE (1u << 24)
#define FEATURES       (FEATURE_OLD | FEATURE_NEW | FEATURE_STABLE)
#define UNTOUCHED      0xa5
#define NOT_RAM_GPA    0xd0000000
#define READS          2000
/* Longer than from one measurement of the rate to the next, here early in the run. */
#define REMEASURED_NS  (15 * NS_PER_SEC)
#define REALTIME_SLACK (20 * NS_PER_MS)

static struct pvclock_page pages[2];
static struct pvclock_wall wall;
static const uint32_t msrs[] = {MSR_WALL_CLOCK_OLD, MSR_SYSTEM_TIME_OLD, MSR_WALL_CLOCK,
                                MSR_SYSTEM_TIME};

static uint64_t page_ns(void)
{
    return pvclock_read_ns(&pages[0]);
}

static void check_agreement(const char *name, uint32_t msr)
{
    struct tick_rate same = {1, 1, 0};
    struct sample first = {0}, last;

    /* The page is quicker to read, so it is the axis, and guest time between two reads of it. */
    memset(&pages[0], 0, sizeof pages[0]);
    msr_write(msr, (uintptr_t)&pages[0] | PVCLOCK_ENABLE);
    check_equal(name, msr_read(msr), (uintptr_t)&pages[0] | PVCLOCK_ENABLE);
    check("its version is even and not 0", pages[0].version != 0 && pages[0].version % 2 == 0);
    last = sample_take(guest_ns, page_ns);
    check_elapsed("the page's time is guest time", first, last, same);
    check_equal("its flags are none but TSC_STABLE", pages[0].flags & ~PVCLOCK_TSC_STABLE, 0);
}

static void check_monotonic(void)
{
    uint64_t end_ns = page_ns() + REMEASURED_NS;
    uint64_t last_ns = 0;
    uint32_t first_version = pages[0].version;
    bool monotonic = true;

    for (unsigned i = 0; i < READS || pages[0].version == first_version; i++) {
        uint64_t now_ns = page_ns();

        monotonic = monotonic && now_ns >= last_ns;
        last_ns = now_ns;
        if (now_ns > end_ns)
            break;
    }
    check("it never goes back", monotonic);
    check("also when the rate is measured anew", pages[0].version != first_version);
    check_agreement("and is guest time after that", MSR_SYSTEM_TIME);
}

static bool is_untouched(const struct pvclock_page *page)
{
    for (unsigned i = 0; i < sizeof *page; i++)
        if (((const uint8_t *)page)[i] != UNTOUCHED)
            return false;
    return true;
}

/* Each enabling write fills all pages, so it shows which are still in use. */
static void check_moving(void)
{
    uint32_t version;

    memset(&pages[1], 0, sizeof pages[1]);
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[1] | PVCLOCK_ENABLE);
    memset(&pages[0], UNTOUCHED, sizeof pages[0]);
    version = pages[1].version;
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[1] | PVCLOCK_ENABLE);
    check("a new page takes the place of the old one", is_untouched(&pages[0]));
    check("and is filled again", pages[1].version > version && pages[1].version % 2 == 0);
}

/* The rate is measured anew at growing intervals, and every page filled with it. */
static void check_disabled(void)
{
    uint64_t end_ns = guest_ns() + 1100 * NS_PER_MS;

    msr_write(MSR_SYSTEM_TIME, 0);
    check_equal("0 disables", msr_read(MSR_SYSTEM_TIME), 0);
    memset(&pages[1], UNTOUCHED, sizeof pages[1]);
    wait_until_ns(end_ns);
    check("and the page is left alone", is_untouched(&pages[1]));
}

/* In a record the host's time is sampled after guest time, and before that of the next record. */
static void check_wall(const char *name, uint32_t msr)
{
    struct reference_record first, second;
    uint64_t wall_ns;

    memset(&wall, 0, sizeof wall);
    msr_write(msr, (uintptr_t)&wall);
    wall_ns = wall.sec * NS_PER_SEC + wall.nsec;
    reference_read(&first);
    reference_read(&second);
    check_equal(name, msr_read(msr), (uintptr_t)&wall);
    check("the wall clock's version is even and not 0", wall.version != 0 && wall.version % 2 == 0);
    check_range("wall clock and guest time are the host's time", first.host_realtime_ns,
                wall_ns + first.guest_ns - REALTIME_SLACK,
                wall_ns + second.guest_ns + REALTIME_SLACK);
}

static void check_bad_addresses(void)
{
    uintptr_t page = (uintptr_t)&pages[0];

    check_equal("a page in no RAM is #GP", msr_try_write(MSR_SYSTEM_TIME, NOT_RAM_GPA | 1),
                VECTOR_GP);
    check_equal("one that is not aligned, too",
                msr_try_write(MSR_SYSTEM_TIME, (page + 2) | PVCLOCK_ENABLE), VECTOR_GP);
    check_equal("and one beyond all addresses",
                msr_try_write(MSR_SYSTEM_TIME, UINT64_MAX - 0xfff + PVCLOCK_ENABLE), VECTOR_GP);
    check_equal("a wall clock in no RAM", msr_try_write(MSR_WALL_CLOCK, NOT_RAM_GPA), VECTOR_GP);
    check_equal("a wall clock that is not aligned",
                msr_try_write(MSR_WALL_CLOCK, (uintptr_t)&wall + 2), VECTOR_GP);
    check_equal("what was there before stays", msr_read(MSR_SYSTEM_TIME), 0);
}

static void check_off(void)
{
    check_equal("CPUID does not say kvm-clock", cpuid_read(FEATURES_LEAF).eax & FEATURES, 0);
    for (unsigned i = 0; i < sizeof msrs / sizeof msrs[0]; i++) {
        check_equal("a write to its MSR is #GP",
                    msr_try_write(msrs[i], (uintptr_t)&pages[0] | PVCLOCK_ENABLE), VECTOR_GP);
        check_equal("a read is, too", msr_try_read(msrs[i]), VECTOR_GP);
    }
}

static void check_kernel(void)
{
    struct tick_rate same = {1, 1, 0};
    struct sample first, last;

    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&pages[0] | PVCLOCK_ENABLE);
    first = sample_take(page_ns, page_ns);
    wait_until_ns(guest_ns() + 100 * NS_PER_MS);
    last = sample_take(page_ns, page_ns);
    check("KVM's page counts", last.value > first.value + 50 * NS_PER_MS);
    check_elapsed("and agrees with itself", first, last, same);
}

static void check_user(const char *wall_sec)
{
    check_agreement("MSR 4b564d01 reads back", MSR_SYSTEM_TIME);
    check_agreement("MSR 12 reads back", MSR_SYSTEM_TIME_OLD);
    check_monotonic();
    check_moving();
    check_disabled();
    if (wall_sec == NULL) {
        check_wall("MSR 4b564d00 reads back", MSR_WALL_CLOCK);
        check_wall("MSR 11 reads back", MSR_WALL_CLOCK_OLD);
    } else {
        msr_write(MSR_WALL_CLOCK, (uintptr_t)&wall);
        check_equal("the wall clock starts where it was told to", wall.sec, text_number(wall_sec));
        check_equal("on the second", wall.nsec, 0);
    }
    check_bad_addresses();
}

void payload_main(const uint8_t *zero_page)
{
    const char *command_line = payload_command_line(zero_page);
    const char *mode = text_find_value(command_line, "mode");

    if (mode != NULL && mode[0] == 'o') {
        check_off();
        check_done();
    }
    check_equal("CPUID says kvm-clock, both MSR pairs, stable flag",
                cpuid_read(FEATURES_LEAF).eax & FEATURES, FEATURES);
    if (mode != NULL)
        check_kernel();
    else
        check_user(text_find_value(command_line, "wall"));
    check_done();
}
