/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TSCs that drift from the others, by the fault tsc.rate. KVM cannot change the rate of a TSC while
 * a guest runs, so its offset is changed in small steps, each every_ns of guest time: 100 ppm in
 * steps of 1 ms are 100 ns each. The mean is exact: each step makes the TSC what it is to be by
 * then, from the beginning. For a step the vCPU is taken out of the guest for a moment, and its
 * kvm-clock page is written for its TSC as it then is.
 *
 * The steps of many vCPUs may take longer than every_ns, and they keep the lock. So it is free for
 * as long as a round of them has taken before the next round; that one makes up for what is missed.
 *
 * Under the machine's lock.
 */
#ifndef VMM_MACHINE_MACHINE_DRIFT_H
#define VMM_MACHINE_MACHINE_DRIFT_H

#include <stdint.h>

struct machine;

/* Once a new board is there: none drifts. */
void machine_drift_attach(struct machine *machine);

/* From now on the vCPU's TSC drifts by ppb of its rate; 0: it stays as far away as it is. */
void machine_drift_set(struct machine *machine, unsigned vcpu, int64_t ppb, uint64_t every_ns);

#endif
