/* SPDX-License-Identifier: BSD-2-Clause */
/* --initrd, --append and --cmdline: what the kernel is given. */
#ifndef VMM_CMD_KERNEL_OPTIONS_H
#define VMM_CMD_KERNEL_OPTIONS_H

#include "vmm/cmd/option_rows.h"

/*
 * What a Linux is told unless --cmdline replaces it; no other kernel is. Why each word is there:
 *   console=ttyS0  the kernel's messages and the init's output go to COM1
 *   pci=off        there is no PCI bus to search for
 *   loglevel=3     the console shows the guest's own words, and of the kernel's only what is worse
 *                  than an error; 6.12 calls it an error that there is no PCI bus
 *   panic=-1       a panic resets the machine at once instead of hanging it: the run ends, and the
 *                  panic watch says why (see panic_watch.h)
 * The text of --append follows, after a space. The built-in clock probe needs nothing more.
 */
#define KERNEL_OPTIONS_CMDLINE "console=ttyS0 pci=off loglevel=3 panic=-1"

extern const struct option_table kernel_option_table;

/* run-test has this option with another help. */
bool kernel_options_apply_initrd(struct options *options, const char *value);

#endif
