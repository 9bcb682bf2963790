/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a machine boots, from the paths of the command line.
 */
#ifndef VMM_CMD_BOOT_FILES_H
#define VMM_CMD_BOOT_FILES_H

#include "vmm/host/host_options.h"
#include "vmm/machine/machine_boot.h"

/*
 * Opens the kernel and the initrd, without which it is the built-in clock probe. 0, or -errno after
 * an error line, with nothing left open.
 */
int boot_files_open(const struct host_options *host, struct boot_files *files);

/* Once the machine is made. */
void boot_files_close(const struct boot_files *files);

#endif
