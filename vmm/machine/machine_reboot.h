/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --reboot again: after a reset the machine boots once more, from the same files.
 *
 * The guest gets a new VM with new memory and vCPUs, and a new board: all that a boot has is made
 * as it was for the first one. A list of what a reset has to put back in KVM, as QEMU has it, would
 * have to name each MSR and each state of a local APIC, and a value that it forgets is found by a
 * guest that misbehaves. The program does not execute itself anew either, as consoles, control
 * socket and limits of time would have to be handed over.
 *
 * So guest time begins at 0 again, as the TSC does. What stays is what a PC keeps through a reset:
 * the RTC goes on, with its memory, and input that nobody has read still waits. And what is the
 * run's: consoles with the bytes in them, the events of the control socket, eventfds. A pause ends.
 *
 * All of it is the main thread's, between machine_stop and machine_start.
 */
#ifndef VMM_MACHINE_MACHINE_REBOOT_H
#define VMM_MACHINE_MACHINE_REBOOT_H

#include <stdbool.h>

struct clock_bracket;
struct machine;

/*
 * Whether the machine has ended by a reset and has files to boot from. A panic that ends in a reset
 * ends the run, and so does a crash.
 */
bool machine_reboot_is_due(const struct machine *machine);

/*
 * The stopped machine has not ended any more: machine_end is for whoever calls it next. It still
 * has no threads.
 */
void machine_reboot_begin(struct machine *machine);

/*
 * After that: says that the machine boots again, and makes it as machine_create does. Then it can
 * be started. 0; or a negative errno after an error line, and it has no VM and no vCPUs and can
 * only be destroyed. start is as machine_create has it.
 */
int machine_reboot(struct machine *machine, const struct clock_bracket *start);

#endif
