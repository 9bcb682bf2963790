/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvmclock.h. */
#include "kvmclock/kvmclock.h"

#include <stddef.h>
#include <string.h>

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
        .tsc_is_constant = tsc_stable,
        .state = {.tsc_stable = tsc_stable},
    };
}

void kvmclock_reset(struct kvmclock *clock)
{
    memset(clock->vcpus, 0, sizeof clock->vcpus);
    clock->state = (struct kvmclock_state){.tsc_stable = clock->tsc_is_constant};
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
    return is_wall_clock(msr) ? clock->state.wall_clock_msr : clock->state.system_time_msrs[vcpu];
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

/* By how much a page is wrong that does not follow its TSC, modulo 2^64. */
static uint64_t stale_ns(const struct kvmclock_vcpu *vcpu)
{
    uint64_t cycles = (uint64_t)vcpu->stale_cycles;

    if (vcpu->stale_cycles >= 0)
        return pvclock_scale_ns(vcpu->shown.scale, cycles);
    return -pvclock_scale_ns(vcpu->shown.scale, -cycles);
}

static struct page_fault *fault_of(struct kvmclock *clock, const struct kvmclock_vcpu *vcpu)
{
    return &clock->faults[vcpu - clock->vcpus];
}

/*
 * By how much rounding, or a late publication, has put what was shown ahead of what is to be shown;
 * 0 if it is behind. More than the slack is neither: a jump takes the TSC where no guest has read
 * it.
 */
static uint64_t ahead_ns(const struct page_fault *fault, const struct timebase *timebase)
{
    uint64_t ns = page_fault_ns(fault, timebase->guest_ns);

    if (!fault->is_lensed || fault->least_host_tsc != timebase->host_tsc || fault->least_ns < ns)
        return 0;
    return fault->least_ns - ns <= page_fault_slack_ns(fault) ? fault->least_ns - ns : 0;
}

static uint64_t system_time_ns(const struct page_fault *fault, const struct timebase *timebase)
{
    uint64_t ns = page_fault_ns(fault, timebase->guest_ns);

    return ns + ahead_ns(fault, timebase) - fault->back_ns;
}

/*
 * The body of a page whose version is odd. One that does not follow its TSC begins there as well:
 * no guest reads a TSC that is before tsc_timestamp.
 */
static void fill_page(struct kvmclock *clock, struct kvmclock_vcpu *vcpu)
{
    const struct timebase *timebase = clock->wiring.timebase;
    struct page_fault *fault = fault_of(clock, vcpu);
    uint8_t flags = clock->state.tsc_stable ? PVCLOCK_TSC_STABLE : 0;

    vcpu->shown = (struct kvmclock_shown){
        .tsc_timestamp = guest_tsc_at(&vcpu->tsc, timebase->host_tsc),
        .system_time_ns = system_time_ns(fault, timebase),
        .scale = page_fault_scale(fault, timebase->guest_ns,
                                  tsc_ratio_scale(vcpu->tsc.ratio, timebase->scale),
                                  ahead_ns(fault, timebase)),
    };
    vcpu->page->tsc_timestamp = vcpu->shown.tsc_timestamp + (uint64_t)vcpu->stale_cycles;
    vcpu->page->system_time_ns = vcpu->shown.system_time_ns + stale_ns(vcpu);
    vcpu->page->tsc_to_system_mul = vcpu->shown.scale.mul;
    vcpu->page->tsc_shift = vcpu->shown.scale.shift;
    vcpu->page->flags =
        (vcpu->page->flags & PVCLOCK_GUEST_STOPPED) | page_fault_flags(fault, flags);
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
        if (clock->vcpus[i].page != NULL && !clock->faults[i].stays_odd)
            pvclock_write_end(clock->vcpus[i].page);
    clock->publications++;
}

static void publish(struct kvmclock *clock)
{
    begin_all(clock);
    fill_all(clock);
    end_all(clock);
}

/* A page that says guest time, and nothing else. */
static bool is_right(const struct kvmclock *clock, unsigned vcpu)
{
    return clock->vcpus[vcpu].page != NULL && !clock->faults[vcpu].is_lensed;
}

/* The latest time that any page that is right has shown up to host_tsc; 0 if there is none. */
static uint64_t latest_shown_ns(const struct kvmclock *clock, uint64_t host_tsc)
{
    uint64_t latest_ns = 0;

    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (is_right(clock, i)) {
            uint64_t ns = shown_ns(clock, &clock->vcpus[i], host_tsc);

            latest_ns = ns > latest_ns ? ns : latest_ns;
        }
    return latest_ns;
}

/* Until every such page as it is now shows at least that time. */
static void wait_until_shown(struct kvmclock *clock, uint64_t host_tsc, uint64_t ns)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        while (is_right(clock, i) && shown_ns(clock, &clock->vcpus[i], host_tsc) < ns)
            host_tsc = clock->wiring.host_tsc(clock->wiring.ctx);
}

/* Before the timebase is changed at host_tsc. */
static void keep_least(struct kvmclock *clock, uint64_t host_tsc)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL && clock->faults[i].is_lensed) {
            clock->faults[i].least_ns = shown_ns(clock, &clock->vcpus[i], host_tsc);
            clock->faults[i].least_host_tsc = host_tsc;
        }
}

void kvmclock_set_scale(struct kvmclock *clock, struct pvclock_scale scale)
{
    uint64_t host_tsc, latest_ns;

    begin_all(clock);
    host_tsc = clock->wiring.host_tsc(clock->wiring.ctx);
    latest_ns = latest_shown_ns(clock, host_tsc);
    keep_least(clock, host_tsc);
    timebase_set_scale(clock->wiring.timebase, host_tsc, scale);
    fill_all(clock);
    wait_until_shown(clock, host_tsc, latest_ns);
    end_all(clock);
}

uint64_t kvmclock_begin_faults(struct kvmclock *clock)
{
    kvmclock_set_scale(clock, clock->wiring.timebase->scale);
    return clock->wiring.timebase->guest_ns;
}

void kvmclock_end_faults(struct kvmclock *clock)
{
    publish(clock);
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        clock->faults[i].back_ns = 0;
}

void kvmclock_change_flags(struct kvmclock *clock, unsigned vcpu, uint8_t set, uint8_t cleared)
{
    struct pvclock_page *page = clock->vcpus[vcpu].page;

    if (page != NULL)
        page->flags = (uint8_t)((page->flags | set) & ~cleared);
}

void kvmclock_end_stable(struct kvmclock *clock)
{
    clock->tsc_is_constant = false;
    clock->state.tsc_stable = 0;
}

static void go_on(struct kvmclock *clock, uint64_t host_tsc, uint64_t guest_ns, uint8_t flags)
{
    begin_all(clock);
    keep_least(clock, host_tsc);
    timebase_set_ns(clock->wiring.timebase, host_tsc, guest_ns);
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL)
            clock->vcpus[i].page->flags |= flags;
    fill_all(clock);
    end_all(clock);
}

void kvmclock_resume(struct kvmclock *clock, uint64_t host_tsc, uint64_t guest_ns)
{
    go_on(clock, host_tsc, guest_ns, PVCLOCK_GUEST_STOPPED);
}

void kvmclock_jump(struct kvmclock *clock, uint64_t host_tsc, uint64_t guest_ns)
{
    go_on(clock, host_tsc, guest_ns, 0);
}

static bool tscs_agree(const struct kvmclock *clock, const struct guest_tsc *tsc)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL && !guest_tsc_equal(&clock->vcpus[i].tsc, tsc))
            return false;
    return true;
}

/* The page that the guest names; NULL if the value is refused. */
static struct pvclock_wall_page *wall_page(const struct kvmclock *clock, uint64_t value)
{
    if ((value & ALIGNMENT_MASK) != 0)
        return NULL;
    return clock->wiring.memory_at(clock->wiring.ctx, value, sizeof(struct pvclock_wall_page));
}

/* The page that the guest names, NULL if none; false if the value is refused. */
static bool find_page(const struct kvmclock *clock, uint64_t value, struct pvclock_page **page)
{
    uint64_t gpa = value & ~SYSTEM_TIME_ENABLE;

    *page = NULL;
    if ((value & SYSTEM_TIME_ENABLE) == 0)
        return true;
    if ((gpa & ALIGNMENT_MASK) == 0)
        *page = clock->wiring.memory_at(clock->wiring.ctx, gpa, sizeof(struct pvclock_page));
    return *page != NULL;
}

static bool write_wall_clock(struct kvmclock *clock, uint64_t value)
{
    struct pvclock_wall_page *page = wall_page(clock, value);

    if (page == NULL)
        return false;
    clock->state.wall_clock_msr = value;
    pvclock_write_wall(page, clock->wiring.wall_zero_ns);
    return true;
}

static bool write_system_time(struct kvmclock *clock, unsigned vcpu, uint64_t value,
                              const struct guest_tsc *tsc)
{
    struct pvclock_page *page;

    if (!find_page(clock, value, &page))
        return false;
    clock->state.system_time_msrs[vcpu] = value;
    clock->vcpus[vcpu] = (struct kvmclock_vcpu){.page = page, .tsc = *tsc};
    if (page != NULL && !tscs_agree(clock, tsc))
        clock->state.tsc_stable = 0;
    publish(clock);
    return true;
}

bool kvmclock_write_msr(struct kvmclock *clock, unsigned vcpu, uint32_t msr, uint64_t value,
                        const struct guest_tsc *tsc)
{
    if (is_wall_clock(msr))
        return write_wall_clock(clock, value);
    return write_system_time(clock, vcpu, value, tsc);
}

bool kvmclock_state_is_valid(const struct kvmclock *clock, const struct kvmclock_state *state)
{
    static const uint8_t no_pad[sizeof state->pad];
    struct pvclock_page *page;

    if (state->tsc_stable > 1 || memcmp(state->pad, no_pad, sizeof no_pad) != 0 ||
        (state->wall_clock_msr != 0 && wall_page(clock, state->wall_clock_msr) == NULL))
        return false;
    for (unsigned i = 0; i < KVMCLOCK_MAX_VCPUS; i++)
        if (i < clock->vcpu_count ? !find_page(clock, state->system_time_msrs[i], &page)
                                  : state->system_time_msrs[i] != 0)
            return false;
    return true;
}

void kvmclock_rearm(struct kvmclock *clock,
                    bool (*get_tsc)(void *ctx, unsigned vcpu, struct guest_tsc *tsc), void *ctx)
{
    memset(clock->vcpus, 0, sizeof clock->vcpus);
    if (!clock->tsc_is_constant)
        clock->state.tsc_stable = 0;
    for (unsigned i = 0; i < clock->vcpu_count; i++) {
        struct kvmclock_vcpu *vcpu = &clock->vcpus[i];

        if (find_page(clock, clock->state.system_time_msrs[i], &vcpu->page) && vcpu->page != NULL &&
            !get_tsc(ctx, i, &vcpu->tsc))
            vcpu->page = NULL;
        if (vcpu->page != NULL && !tscs_agree(clock, &vcpu->tsc))
            clock->state.tsc_stable = 0;
    }
    publish(clock);
}

void kvmclock_set_tsc(struct kvmclock *clock, unsigned vcpu, const struct guest_tsc *tsc)
{
    if (clock->vcpus[vcpu].page == NULL)
        return;
    clock->vcpus[vcpu].tsc = *tsc;
    clock->vcpus[vcpu].stale_cycles = 0;
    if (!tscs_agree(clock, tsc))
        clock->state.tsc_stable = 0;
    publish(clock);
}

void kvmclock_miss_tsc(struct kvmclock *clock, unsigned vcpu, int64_t cycles)
{
    if (clock->vcpus[vcpu].page == NULL)
        return;
    clock->vcpus[vcpu].stale_cycles += cycles;
    publish(clock);
}

void kvmclock_delay_tscs(struct kvmclock *clock, uint64_t host_tsc, uint64_t host_cycles)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        clock->vcpus[i].tsc = guest_tsc_delayed(&clock->vcpus[i].tsc, host_tsc, host_cycles);
}

void kvmclock_advance_tscs(struct kvmclock *clock, uint64_t ns)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++) {
        struct guest_tsc *tsc = &clock->vcpus[i].tsc;

        if (clock->vcpus[i].page != NULL)
            tsc->offset += pvclock_scale_cycles(
                tsc_ratio_scale(tsc->ratio, clock->wiring.timebase->scale), ns);
    }
}
