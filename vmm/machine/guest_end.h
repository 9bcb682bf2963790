/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways in which a guest ends the run: the status and the line of each. docs/run.md has the
 * table. Every call is under the machine's lock, in any thread.
 */
#ifndef VMM_MACHINE_GUEST_END_H
#define VMM_MACHINE_GUEST_END_H

struct machine;

/* Of a guest that has said by pvpanic that it panicked it is no success, and no reset either. */
void guest_end_power_off(struct machine *machine);

/*
 * A kernel with panic=-1 resets at once: what it said before tells a panic from a reboot. A guest
 * with a driver of pvpanic says it there; the console counts only for one without.
 * Of a guest that has said nothing on COM1 there is a line.
 */
void guest_end_reset(struct machine *machine);

/* The user resets the machine: the run ends as by a guest's own reset, and there is a line. */
void guest_end_system_reset(struct machine *machine);

/*
 * A triple fault resets a PC, and Linux with reboot=t resets by one. So it is a reset after what
 * Linux says before one, and after a panic; otherwise it is a crash.
 */
void guest_end_triple_fault(struct machine *machine, unsigned vcpu);

/* Every vCPU has halted with interrupts off: as a power-off. */
void guest_end_halt(struct machine *machine);

#endif
