/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hypercalls: the one that pairs clocks gives kvm-clock's wall time and the TSC at one instant, and
 * others do not exist. A KVM that answers by itself gives the host's time. With whose=host on the
 * command line that is what it must be, whoever answers.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/pvclock.h"
#include "guest-images/payloads/lib/text.h"

#define VENDOR_EBX_AMD   0x68747541
#define HC_CLOCK_PAIRING 9
#define HC_UNKNOWN       77
#define KVM_EFAULT       14
#define KVM_EOPNOTSUPP   95
#define KVM_ENOSYS       1000
#define NOT_RAM_GPA      0xd0000000
#define TIMER_VECTOR     0x38
#define LIMIT_NS         (5 * NS_PER_SEC)

struct clock_pairing {
    int64_t sec;
    int64_t nsec;
    uint64_t tsc;
    uint32_t flags;
    uint32_t pad[9];
};

static struct pvclock_page page;
static struct pvclock_wall wall;
static struct clock_pairing pairing;

static uint64_t hypercall(uint64_t number, uint64_t a, uint64_t b)
{
    uint64_t result;

    if (cpuid_read(0).ebx == VENDOR_EBX_AMD)
        __asm__ volatile("vmmcall" : "=a"(result) : "a"(number), "b"(a), "c"(b) : "memory");
    else
        __asm__ volatile("vmcall" : "=a"(result) : "a"(number), "b"(a), "c"(b) : "memory");
    return result;
}

static uint64_t minus(uint64_t error)
{
    return 0 - error;
}

static uint64_t host_realtime_ns(void)
{
    struct reference_record record;

    reference_read(&record);
    return record.host_realtime_ns;
}

/*
 * Pairs the clocks; the result is the hypercall's, *wall_ns kvm-clock's wall time at the TSC
 * that it gave. A page published anew in between begins after that TSC: then once more.
 */
static uint64_t pair_clocks(uint64_t *wall_ns)
{
    uint32_t version;
    uint64_t result;

    do {
        version = page.version;
        result = hypercall(HC_CLOCK_PAIRING, (uintptr_t)&pairing, 0);
        *wall_ns = wall.sec * NS_PER_SEC + wall.nsec + pvclock_ns_at(&page, pairing.tsc);
    } while (version % 2 != 0 || version != page.version);
    return result;
}

/* A KVM that interprets the kernel (kvm_pvm) executes the instruction for ever. */
static void on_limit(void)
{
    check_skip("hypercalls", "this KVM does not get over the instruction");
    check_done();
}

/* The paired time is between the host's before and after, and is the host's or kvm-clock's. */
static void check_time(bool is_host, uint64_t wall_ns, uint64_t before_ns, uint64_t after_ns)
{
    uint64_t paired_ns = (uint64_t)pairing.sec * NS_PER_SEC + (uint64_t)pairing.nsec;

    if (is_host)
        check_range("the time is the host's", paired_ns, before_ns, after_ns);
    else if (paired_ns != wall_ns && paired_ns >= before_ns && paired_ns <= after_ns)
        check_skip("the time is guest time", "this KVM answers hypercalls with the host's time");
    else
        check_range("the time is guest time", paired_ns, wall_ns - 1, wall_ns + 1);
}

void payload_main(const uint8_t *zero_page)
{
    const char *whose = text_find_value(payload_command_line(zero_page), "whose");
    uint64_t wall_ns, before_ns, after_ns;

    apic_enable();
    apic_timer_start(LIMIT_NS / 16, TIMER_VECTOR, on_limit);
    interrupts_on();
    check_equal("another hypercall does not exist", hypercall(HC_UNKNOWN, 0, 0), minus(KVM_ENOSYS));
    interrupts_off();
    msr_write(MSR_SYSTEM_TIME, (uintptr_t)&page | PVCLOCK_ENABLE);
    msr_write(MSR_WALL_CLOCK, (uintptr_t)&wall);
    before_ns = host_realtime_ns();
    check_equal("clocks are paired", pair_clocks(&wall_ns), 0);
    after_ns = host_realtime_ns();
    check_time(whose != NULL, wall_ns, before_ns, after_ns);
    check_equal("another kind of clock is not known",
                hypercall(HC_CLOCK_PAIRING, (uintptr_t)&pairing, 1), minus(KVM_EOPNOTSUPP));
    check_equal("an address without RAM is refused", hypercall(HC_CLOCK_PAIRING, NOT_RAM_GPA, 0),
                minus(KVM_EFAULT));
    check_done();
}
