/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths of this host in an archive: what they lead through, folders and symbolic links, as it is
 * here, so that the same path leads to the same place in the guest.
 */
#ifndef VMM_INITRAMFS_MIRROR_H
#define VMM_INITRAMFS_MIRROR_H

#include <limits.h>

struct archive;

/*
 * Adds what an absolute path leads through, and the folder if it leads to one. Stores the path
 * without symbolic links that it leads to. 0; an errno, above 0, without a line: it leads nowhere;
 * or -errno after an error line.
 */
int mirror_path(struct archive *archive, const char *path, char real[PATH_MAX]);

#endif
