/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Suspend to RAM (ACPI S3): the guest puts the machine to sleep, and something wakes it.
 *
 * The guest writes SLP_EN with the sleep type of S3 (devices/pc/acpi_pm.h). Then, as in a PC, only
 * memory, the RTC, the PM block and the host's sides of the consoles keep what they have. Every
 * vCPU and every other chip loses its state; bytes that the host has sent and the guest has not
 * read wait on. The vCPUs wait to be started, as those do that a kernel has not started yet, so
 * nothing else has to know that the machine sleeps: guest time goes on, the timer thread runs the
 * RTC, a pause, a snapshot or a jump is what it always is. That the machine sleeps is in the state
 * of the PM block, and so in snapshots and migrations.
 *
 * The RTC's alarm and the power button wake it, if the guest has enabled them in PM1_EN, and so
 * does the control command system_wakeup. The first vCPU then begins at the waking vector of the
 * FACS, in real mode, with its local APIC as firmware leaves it. Without a vector below 1 MiB it
 * would begin at the reset vector: the guest is reset.
 *
 * TSCs: S3_TSC_KEPT lets them go on. S3_TSC_RESET sets TSC and IA32_TSC_ADJUST of every vCPU to 0
 * at the wake, all at one instant. Machines do both. On a KVM that ignores TSC offsets they go on.
 * Guest time itself, and with it kvm-clock once the guest enables it again, has gone on.
 *
 * Source: ACPI specification 6.5, sections 5.2.10, 7.4.2.3 and 16.
 *
 * All of it but what says otherwise is the main thread's, without the lock.
 */
#ifndef VMM_MACHINE_MACHINE_SLEEP_H
#define VMM_MACHINE_MACHINE_SLEEP_H

#include <stdbool.h>

struct machine;

/* Once the board is there. 0 or -errno after an error line. */
int machine_sleep_open(struct machine *machine);
void machine_sleep_close(struct machine *machine);

/*
 * Of a machine that is restored, before it starts; wake_is_asked: before the save, somebody has
 * asked in a pause that it wakes.
 */
void machine_sleep_restore(struct machine *machine, bool wake_is_asked);

/*
 * Under the lock, in any thread: the guest goes to sleep, and no vCPU executes an instruction
 * more; or it is to wake. sleep.fd is readable from then on.
 */
void machine_sleep_ask(struct machine *machine);
void machine_sleep_notify(struct machine *machine);

/* Whether the guest sleeps, or is about to. */
bool machine_sleep_is_asleep(const struct machine *machine);

/* The user wakes it, in a pause at its end. False: it does not sleep. */
bool machine_sleep_wake(struct machine *machine);

/* Does what is due; in a pause nothing is. After sleep.fd was readable, and after a pause. */
void machine_sleep_step(struct machine *machine);

/*
 * Under the lock, whenever every vCPU is held, and before a time cut: a guest that has asked for it
 * sleeps. Else it would run again once it is let go.
 */
void machine_sleep_enter(struct machine *machine);

#endif
