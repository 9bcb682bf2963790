/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The making and the end of a machine.
 */
#ifndef VMM_MACHINE_MACHINE_CREATE_H
#define VMM_MACHINE_MACHINE_CREATE_H

#include "vmm/machine/machine.h"
#include "vmm/machine/machine_boot.h"

/*
 * Builds the machine that config describes, with the kernel of files loaded and vCPU 0 at its
 * entry; the files may be closed then.
 * 0, or a negative errno after one error line, with nothing left behind. start is a bracket of
 * CLOCK_MONOTONIC_RAW, taken as early as possible.
 */
int machine_create(struct machine *machine, const struct machine_config *config,
                   const struct host_options *host, const struct boot_files *files,
                   const struct clock_bracket *start);

/* Starts the timer thread and the vCPUs. 0 or -errno after an error line; then destroy. */
int machine_start(struct machine *machine);

/*
 * Ends the machine if nothing has yet, waits for its threads, and writes the NVRAM file. The guest
 * sends no more; what it has sent may wait in the consoles.
 */
void machine_stop(struct machine *machine);

/* Stops the machine if that was not done, and releases everything. */
void machine_destroy(struct machine *machine);

/*
 * The parts of machine_create that machine_restore.c has in common with it, in their order; the VM,
 * its vCPUs and the machine's time come after the first. Each that can fail returns 0 or -errno
 * after an error line; machine_create_undo releases what there is.
 */
int machine_create_begin(struct machine *machine, const struct machine_config *config,
                         const struct host_options *host, const struct clock_bracket *start);
void machine_create_board(struct machine *machine);
int machine_create_files(struct machine *machine);
void machine_create_undo(struct machine *machine);

/*
 * That between machine_create_begin and machine_create_files, which a boot is made of: from the
 * files to a board, with vCPU 0 at the kernel's entry. machine_reboot.c calls it again. 0, or
 * -errno after an error line.
 */
int machine_create_boot(struct machine *machine, const struct boot_files *files);

#endif
