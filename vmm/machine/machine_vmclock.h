/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's side of vmclock (devices/acpi/vmclock.h): what the host's real time is at which
 * value of the guest's TSC.
 *
 * The time is a reading of CLOCK_REALTIME. Its rate is measured on CLOCK_MONOTONIC, which the
 * host's NTP steers in the same way and which nobody sets; when NTP changes the frequency, adjtimex
 * says by how much, and the measurement begins anew from there. So a step of the host's clock does
 * not spoil the rate, and a leap second is no step in TAI.
 *
 * The page is published before the guest runs; with each update of guest time (machine_time.h), at
 * most once a second and only if it says something new; and when the guest's TSC means another time
 * than before: at the end of a pause in which it stood still, at a restore, when the guest has
 * written its TSC, and when the host's TSC has contradicted itself. At the end of a pause, at a
 * restore and for the vCPU that has written its TSC, that is before the guest runs on.
 *
 * Where KVM may move the guest's TSCs (machine_tsc_recall), a look at them keeps the vCPUs out of
 * the guest for a moment, with each update that may publish.
 *
 * A machine with a false date, by `--rtc base=DATE`, `restore --time at=DATE`, --skip-idle or
 * --time-rate, is told the date that kvm-clock tells it, never the host's; of that date nothing is
 * promised.
 *
 * All functions are under the machine's lock, or before its threads start. In a machine without
 * vmclock they do nothing.
 */
#ifndef VMM_MACHINE_MACHINE_VMCLOCK_H
#define VMM_MACHINE_MACHINE_VMCLOCK_H

#include <stdint.h>

#include "vmm/machine/board.h"

struct machine;

/*
 * At the beginning: the first reading of the clock, and what the user says of TAI. 0, or a negative
 * errno after one error line.
 */
int machine_vmclock_prepare(struct machine *machine);

/* What the board is to have; the vCPUs and their TSCs are there. */
void machine_vmclock_configure(const struct machine *machine, struct board_config *config);

/* The first page of a machine that boots; a line says what the page lacks. */
void machine_vmclock_start(struct machine *machine);

/* With an update of guest time. */
void machine_vmclock_update(struct machine *machine, uint64_t monotonic_ns);

/* The next publication, which comes soon, has a new marker. */
void machine_vmclock_expect_disruption(struct machine *machine);

/* The guest's TSCs are other functions of time than before. No vCPU runs. */
void machine_vmclock_disrupt(struct machine *machine);

/*
 * A fault has changed what the page is to say, in a machine that has vmclock: occasion is
 * VMCLOCK_FAULT, with other bits of enum vmclock_occasion.
 */
void machine_vmclock_show_fault(struct machine *machine, unsigned occasion);

/* The date that the page follows now, without a fault; in a machine that has vmclock. */
uint64_t machine_vmclock_date_ns(const struct machine *machine);

/* Guest time has jumped, and the date of a guest that has its own with it. No vCPU runs. */
void machine_vmclock_jumped(struct machine *machine);

/* kvm-clock's date has moved against guest time. No vCPU runs. */
void machine_vmclock_date_moved(struct machine *machine);

/* In a vCPU's thread: its guest has written its TSC, as often as it likes: one line says so. */
void machine_vmclock_tsc_written(struct machine *machine);

/* The machine is restored from a snapshot, to go on as another one than the one that was saved. */
void machine_vmclock_begin_generation(struct machine *machine);

/* Its date is not the host's any more. */
void machine_vmclock_take_guest_date(struct machine *machine);

#endif
