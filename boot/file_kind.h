/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that people take for a kernel and that are none: packed kernels, initrds, images of disks,
 * kernels of other machines. They are told by the bytes that such files begin with.
 */
#ifndef BOOT_FILE_KIND_H
#define BOOT_FILE_KIND_H

#include "boot/request.h"

/*
 * For a file that no loader takes: writes what it is and what to do, as far as that is known, and
 * returns -ENOEXEC, or another negative errno if it cannot be read.
 */
int file_kind_refuse(const struct boot_source *kernel, struct boot_error *error);

#endif
