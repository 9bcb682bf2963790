/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the host says of its clocks, and what follows from it. Facts are read once, elsewhere; here
 * they are an argument, so that every host can be tested on any.
 */
#ifndef KVMCLOCK_HOST_FACTS_H
#define KVMCLOCK_HOST_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#define HOST_FACTS_NAME_SIZE 32

struct host_facts {
    /* Linux's name of the clock that it keeps time by; empty if it does not tell. */
    char clocksource[HOST_FACTS_NAME_SIZE];
    /* CPUID 80000007h EDX bit 8: the TSC has one rate in all states of the CPU, and never stops. */
    bool invariant_tsc;
    /* The TSC's rate by CPUID leaf 15h; 0 if it does not say. */
    uint64_t cpuid_tsc_hz;
};

/*
 * Whether the host's TSC is constant and the same on every CPU, so that a guest may take one vCPU's
 * kvm-clock for another's (TSC_STABLE). The kernel must keep time by the TSC: then it has compared
 * its CPUs, and goes on watching. And the CPU must promise it, or else the user, who vouches.
 *
 * KVM asks only for the first: Linux takes a TSC without that promise on a single CPU, on Intel's
 * that it knows for constant, under some hypervisors, or because tsc=reliable tells it to; and it
 * drops one when the CPU's frequency changes or it halts in an idle state. KVM is told of that at
 * once. Who only measures finds out at the next update, up to a second later, and for so long
 * TSC_STABLE would not be true.
 */
enum tsc_trust { TSC_TRUSTED, TSC_NOT_CLOCKSOURCE, TSC_NOT_INVARIANT };
enum tsc_trust host_facts_tsc_trust(const struct host_facts *facts, bool vouched);

/*
 * The TSC's rate by CPUID leaf 15h: it has numerator / denominator times the rate of the crystal.
 * 0 if it does not say. Two values of 32 bits: no product of them is beyond 64 bits.
 */
uint64_t host_facts_cpuid_tsc_hz(uint32_t denominator, uint32_t numerator, uint32_t crystal_hz);

/*
 * Whether what somebody says of the TSC's rate is plausible beside what was measured: within 500
 * parts per million, which no crystal is off by. 0 says nothing.
 */
bool host_facts_rate_is_plausible(uint64_t said_hz, uint64_t measured_millihz);

/* CLOCK_MONOTONIC_RAW shows the last tick of the clocksource: how long a tick can be. */
uint64_t host_facts_resolution_ns(const struct host_facts *facts);

#endif
