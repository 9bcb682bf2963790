/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a configuration and boot files to a computer at its kernel's entry: VM, memory, ACPI tables,
 * kernel, vCPUs. The caller opens the files: no path is known here.
 */
#ifndef VMM_MACHINE_MACHINE_BOOT_H
#define VMM_MACHINE_MACHINE_BOOT_H

#include <stdbool.h>

#include "boot/source.h"

struct machine;

/* What the guest boots; the caller opens and closes it. */
struct boot_files {
    struct boot_source kernel;
    /* See boot/request.h. */
    struct boot_module modules[BOOT_MAX_MODULES];
    unsigned module_count;
    bool modules_are_for_linux;
};

/*
 * Creates machine->kvm, its memory and its vCPUs, and loads the files. 0, or a negative errno after
 * one error line. machine_vm_release undoes what was done, also after a failure.
 */
int machine_boot_prepare(struct machine *machine, const struct boot_files *files);

#endif
