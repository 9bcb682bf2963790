/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvmclock.h. */
#include "kvmclock/kvmclock.h"

#include <stddef.h>

#include "kvmclock/tsc_order.h"

#define SYSTEM_TIME_ENABLE UINT64_C(1)
#define ALIGNMENT_MASK     UINT64_C(3)

void kvmclock_init(struct kvmclock *clock, const struct kvmclock_wiring *wiring,
                   unsigned vcpu_count, bool tsc_stable)
{
    assert(vcpu_count <= KVMCLOCK_MAX_VCPUS);
    *clock = (struct kvmclock){
        .wiring = *wiring,
        .vcpu_count = vcpu_count,
        .tsc_stable = tsc_stable,
    };
}

bool kvmclock_owns_msr(uint32_t msr)
{
    return msr == MSR_WALL_CLOCK || msr == MSR_SYSTEM_TIME || msr == MSR_WALL_CLOCK_OLD ||
           msr == MSR_SYSTEM_TIME_OLD;
}

static bool is_wall_clock(uint32_t msr)
{
    return msr == MSR_WALL_CLOCK || msr == MSR_WALL_CLOCK_OLD;
}

uint64_t kvmclock_read_msr(const struct kvmclock *clock, unsigned vcpu, uint32_t msr)
{
    return is_wall_clock(msr) ? clock->wall_clock_msr : clock->vcpus[vcpu].system_time_msr;
}

/*
 * Time at host_tsc as a vCPU's page has it. Before the publication there is none but its own: that
 * is so for a TSC that has fallen back, too.
 */
static uint64_t shown_ns(const struct kvmclock *clock, const struct kvmclock_vcpu *vcpu,
                         uint64_t host_tsc)
{
    uint64_t tsc = guest_tsc_at(&vcpu->tsc, host_tsc);

    if (tsc_is_before(host_tsc, clock->wiring.timebase->host_tsc) ||
        tsc_is_before(tsc, vcpu->shown.tsc_timestamp))
        return vcpu->shown.system_time_ns;
    return vcpu->shown.system_time_ns +
           pvclock_scale_ns(vcpu->shown.scale, tsc - vcpu->shown.tsc_timestamp);
}

/* The body of a page whose version is odd. */
static void fill_page(const struct kvmclock *clock, struct kvmclock_vcpu *vcpu)
{
    const struct timebase *timebase = clock->wiring.timebase;

    vcpu->shown = (struct kvmclock_shown){
        .tsc_timestamp = guest_tsc_at(&vcpu->tsc, timebase->host_tsc),
        .system_time_ns = timebase->guest_ns,
        .scale = tsc_ratio_scale(vcpu->tsc.ratio, timebase->scale),
    };
    vcpu->page->tsc_timestamp = vcpu->shown.tsc_timestamp;
    vcpu->page->system_time_ns = vcpu->shown.system_time_ns;
    vcpu->page->tsc_to_system_mul = vcpu->shown.scale.mul;
    vcpu->page->tsc_shift = vcpu->shown.scale.shift;
    vcpu->page->flags =
        (vcpu->page->flags & PVCLOCK_GUEST_STOPPED) | (clock->tsc_stable ? PVCLOCK_TSC_STABLE : 0);
}

static void begin_all(struct kvmclock *clock)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL)
            pvclock_write_begin(clock->vcpus[i].page);
}

static void fill_all(struct kvmclock *clock)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL)
            fill_page(clock, &clock->vcpus[i]);
}

static void end_all(struct kvmclock *clock)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL)
            pvclock_write_end(clock->vcpus[i].page);
}

static void publish(struct kvmclock *clock)
{
    begin_all(clock);
    fill_all(clock);
    end_all(clock);
}

/* The latest time that any page has shown up to host_tsc; 0 if there is no page. */
static uint64_t latest_shown_ns(const struct kvmclock *clock, uint64_t host_tsc)
{
    uint64_t latest_ns = 0;

    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL) {
            uint64_t ns = shown_ns(clock, &clock->vcpus[i], host_tsc);

            latest_ns = ns > latest_ns ? ns : latest_ns;
        }
    return latest_ns;
}

/* Until every page as it is now shows at least that time. */
static void wait_until_shown(struct kvmclock *clock, uint64_t host_tsc, uint64_t ns)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        while (clock->vcpus[i].page != NULL && shown_ns(clock, &clock->vcpus[i], host_tsc) < ns)
            host_tsc = clock->wiring.host_tsc(clock->wiring.ctx);
}

void kvmclock_set_scale(struct kvmclock *clock, struct pvclock_scale scale)
{
    uint64_t host_tsc, latest_ns;

    begin_all(clock);
    host_tsc = clock->wiring.host_tsc(clock->wiring.ctx);
    latest_ns = latest_shown_ns(clock, host_tsc);
    timebase_set_scale(clock->wiring.timebase, host_tsc, scale);
    fill_all(clock);
    wait_until_shown(clock, host_tsc, latest_ns);
    end_all(clock);
}

void kvmclock_end_stable(struct kvmclock *clock)
{
    clock->tsc_stable = false;
}

void kvmclock_resume(struct kvmclock *clock, uint64_t host_tsc, uint64_t guest_ns)
{
    begin_all(clock);
    timebase_set_ns(clock->wiring.timebase, host_tsc, guest_ns);
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL)
            clock->vcpus[i].page->flags |= PVCLOCK_GUEST_STOPPED;
    fill_all(clock);
    end_all(clock);
}

static bool tscs_agree(const struct kvmclock *clock, const struct guest_tsc *tsc)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL && !guest_tsc_equal(&clock->vcpus[i].tsc, tsc))
            return false;
    return true;
}

static bool write_wall_clock(struct kvmclock *clock, uint64_t value)
{
    struct pvclock_wall_page *page =
        clock->wiring.memory_at(clock->wiring.ctx, value, sizeof(struct pvclock_wall_page));

    if ((value & ALIGNMENT_MASK) != 0 || page == NULL)
        return false;
    clock->wall_clock_msr = value;
    pvclock_write_wall(page, clock->wiring.wall_zero_ns);
    return true;
}

static bool write_system_time(struct kvmclock *clock, struct kvmclock_vcpu *vcpu, uint64_t value,
                              const struct guest_tsc *tsc)
{
    uint64_t gpa = value & ~SYSTEM_TIME_ENABLE;
    struct pvclock_page *page = NULL;

    if ((value & SYSTEM_TIME_ENABLE) != 0) {
        page = clock->wiring.memory_at(clock->wiring.ctx, gpa, sizeof(struct pvclock_page));
        if ((gpa & ALIGNMENT_MASK) != 0 || page == NULL)
            return false;
    }
    *vcpu = (struct kvmclock_vcpu){.system_time_msr = value, .page = page, .tsc = *tsc};
    if (page != NULL && !tscs_agree(clock, tsc))
        clock->tsc_stable = false;
    publish(clock);
    return true;
}

bool kvmclock_write_msr(struct kvmclock *clock, unsigned vcpu, uint32_t msr, uint64_t value,
                        const struct guest_tsc *tsc)
{
    if (is_wall_clock(msr))
        return write_wall_clock(clock, value);
    return write_system_time(clock, &clock->vcpus[vcpu], value, tsc);
}

void kvmclock_set_tsc(struct kvmclock *clock, unsigned vcpu, const struct guest_tsc *tsc)
{
    if (clock->vcpus[vcpu].page == NULL)
        return;
    clock->vcpus[vcpu].tsc = *tsc;
    if (!tscs_agree(clock, tsc))
        clock->tsc_stable = false;
    publish(clock);
}

void kvmclock_delay_tscs(struct kvmclock *clock, uint64_t host_tsc, uint64_t host_cycles)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        clock->vcpus[i].tsc = guest_tsc_delayed(&clock->vcpus[i].tsc, host_tsc, host_cycles);
}
