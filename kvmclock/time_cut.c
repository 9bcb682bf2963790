/* SPDX-License-Identifier: BSD-2-Clause */
/* See time_cut.h. */
#include "kvmclock/time_cut.h"

void time_cut_begin(struct time_cut *cut, uint64_t guest_ns, uint64_t wall_zero_ns,
                    unsigned vcpu_count)
{
    cut->guest_ns = guest_ns;
    cut->wall_zero_ns = wall_zero_ns;
    cut->vcpu_count = vcpu_count;
}

void time_cut_take_tsc(struct time_cut *cut, unsigned vcpu, const struct timebase *timebase,
                       uint64_t host_tsc, const struct guest_tsc *tsc)
{
    cut->vcpus[vcpu] = (struct time_cut_vcpu){
        .tsc = guest_tsc_at(tsc, host_tsc),
        .scale = tsc_ratio_scale(tsc->ratio, timebase->scale),
        .ratio = tsc->ratio,
    };
}

uint64_t time_cut_count_ns(const struct time_cut_count *count)
{
    return dilation_guest_ns(count->bus, (uint64_t)count->left << count->unit_shift);
}

static void count_pass(struct time_cut_count *count, uint64_t ns)
{
    uint64_t units = dilation_host_ns(count->bus, ns) >> count->unit_shift;

    if (count->left == 0)
        return;
    if (units < count->left)
        count->left -= (uint32_t)units;
    else if (count->period != 0)
        count->left = count->period - (uint32_t)((units - count->left) % count->period);
    else
        count->left = 1;
}

static void counts_pass(struct time_cut *cut, uint64_t ns)
{
    for (unsigned i = 0; i < cut->vcpu_count; i++)
        count_pass(&cut->vcpus[i].count, ns);
}

void time_cut_elapse(struct time_cut *cut, const struct timebase *timebase, uint64_t host_tsc,
                     uint64_t host_cycles)
{
    uint64_t later_tsc = host_tsc + host_cycles;
    uint64_t ns = timebase_ns(timebase, later_tsc) - timebase_ns(timebase, host_tsc);

    for (unsigned i = 0; i < cut->vcpu_count; i++) {
        struct time_cut_vcpu *vcpu = &cut->vcpus[i];

        vcpu->tsc +=
            tsc_ratio_apply(vcpu->ratio, later_tsc) - tsc_ratio_apply(vcpu->ratio, host_tsc);
    }
    counts_pass(cut, ns);
    cut->guest_ns += ns;
}

/* vCPU 0's TSC is the one that guest time counts, see machine_time.c. */
void time_cut_advance(struct time_cut *cut, uint64_t ns)
{
    uint64_t passed_ns =
        pvclock_scale_ns(cut->vcpus[0].scale, pvclock_scale_cycles(cut->vcpus[0].scale, ns));

    for (unsigned i = 0; i < cut->vcpu_count; i++)
        cut->vcpus[i].tsc += pvclock_scale_cycles(cut->vcpus[i].scale, ns);
    counts_pass(cut, passed_ns);
    cut->guest_ns += passed_ns;
}

struct guest_tsc time_cut_tsc(const struct time_cut *cut, unsigned vcpu, struct tsc_ratio ratio,
                              uint64_t host_tsc)
{
    return guest_tsc_set(&(struct guest_tsc){.ratio = ratio}, host_tsc, cut->vcpus[vcpu].tsc);
}
