/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --time-rate K: guest time runs at K times the host's, from the first instruction to the end.
 *
 * Nothing is scaled in hardware. Guest time follows the host's clock times K (machine_time.h), so
 * all chips do, and every page of kvm-clock and vmclock; the timer thread waits as much shorter or
 * longer. The guest's TSC goes on at the host's rate: the guest finds 1/K of it, by kvm-clock or by
 * calibrating, as CPUID does not tell it (boot/cpuid_policy.c). A TSC deadline is a value of that
 * TSC, so it comes at the right guest time. So the CPU seems 1/K as fast to the guest.
 *
 * The one clock that KVM counts by the host's nanoseconds is the timer of a local APIC, where it
 * counts and waits for no TSC value. With K = 1/n the tick of its bus is n nanoseconds, so that the
 * guest finds the 1 GHz that it has always; with other K, and where KVM cannot do that, it finds
 * 1 GHz / K. A guest calibrates this timer, as no table says its rate. It may not change in its
 * life, so it is in the configuration that a snapshot keeps.
 *
 * K is fixed: a guest has learnt the rates of its TSC and its local APIC when it boots, and a
 * deadline that it has armed is in cycles. What is outside of the machine, a console or a network,
 * is at the host's time. What would keep a clock at the host's rate is refused: see
 * machine_config_validate.
 */
#ifndef VMM_MACHINE_MACHINE_DILATION_H
#define VMM_MACHINE_MACHINE_DILATION_H

#include <stdint.h>

#include "kvmclock/dilation.h"

struct machine;

/* With the interrupt controllers, before the vCPUs. -ENOTSUP, and a line: not as the snapshot says.
 */
int machine_dilation_set_bus(struct machine *machine);

/* Guest time by ticks of the bus of the local APICs, as host_ns. */
struct dilation machine_dilation_of_bus(const struct machine *machine);

/* For machine_config.apic_bus_ns of a snapshot. */
uint32_t machine_dilation_bus_to_keep(const struct machine *machine);

/* How coarse the followed clock is, whose resolution on the host is that. */
uint64_t machine_dilation_resolution_ns(const struct machine *machine, uint64_t resolution_ns);

/* With --verbose: what the guest finds. The TSC's rate is known. */
void machine_dilation_say(const struct machine *machine);

#endif
