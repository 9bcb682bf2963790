/* See kvmclock.h. */
#include "kvmclock/kvmclock.h"

#include <stddef.h>

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

/* The body of a page whose version is odd. */
static void fill_page(const struct kvmclock *clock, const struct kvmclock_vcpu *vcpu)
{
    const struct timebase *timebase = clock->wiring.timebase;

    vcpu->page->tsc_timestamp = timebase->host_tsc + vcpu->tsc_offset;
    vcpu->page->system_time_ns = timebase->guest_ns;
    vcpu->page->tsc_to_system_mul = timebase->scale.mul;
    vcpu->page->tsc_shift = timebase->scale.shift;
    vcpu->page->flags =
        (vcpu->page->flags & PVCLOCK_GUEST_STOPPED) | (clock->tsc_stable ? PVCLOCK_TSC_STABLE : 0);
}

static void begin_all(struct kvmclock *clock)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL)
            pvclock_write_begin(clock->vcpus[i].page);
}

static void fill_and_end_all(struct kvmclock *clock)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL) {
            fill_page(clock, &clock->vcpus[i]);
            pvclock_write_end(clock->vcpus[i].page);
        }
}

void kvmclock_set_scale(struct kvmclock *clock, struct pvclock_scale scale)
{
    begin_all(clock);
    timebase_set_scale(clock->wiring.timebase, clock->wiring.host_tsc(clock->wiring.ctx), scale);
    fill_and_end_all(clock);
}

void kvmclock_resume(struct kvmclock *clock, uint64_t guest_ns)
{
    begin_all(clock);
    timebase_set_ns(clock->wiring.timebase, clock->wiring.host_tsc(clock->wiring.ctx), guest_ns);
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL)
            clock->vcpus[i].page->flags |= PVCLOCK_GUEST_STOPPED;
    fill_and_end_all(clock);
}

static bool offsets_agree(const struct kvmclock *clock, uint64_t tsc_offset)
{
    for (unsigned i = 0; i < clock->vcpu_count; i++)
        if (clock->vcpus[i].page != NULL && clock->vcpus[i].tsc_offset != tsc_offset)
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
                              uint64_t tsc_offset)
{
    uint64_t gpa = value & ~SYSTEM_TIME_ENABLE;
    struct pvclock_page *page = NULL;

    if ((value & SYSTEM_TIME_ENABLE) != 0) {
        page = clock->wiring.memory_at(clock->wiring.ctx, gpa, sizeof(struct pvclock_page));
        if ((gpa & ALIGNMENT_MASK) != 0 || page == NULL)
            return false;
    }
    *vcpu = (struct kvmclock_vcpu){value, tsc_offset, page};
    if (page != NULL && !offsets_agree(clock, tsc_offset))
        clock->tsc_stable = false;
    begin_all(clock);
    fill_and_end_all(clock);
    return true;
}

bool kvmclock_write_msr(struct kvmclock *clock, unsigned vcpu, uint32_t msr, uint64_t value,
                        uint64_t tsc_offset)
{
    if (is_wall_clock(msr))
        return write_wall_clock(clock, value);
    return write_system_time(clock, &clock->vcpus[vcpu], value, tsc_offset);
}
