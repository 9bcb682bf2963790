/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that the user names, to be read.
 */
#ifndef VMM_HOST_FILE_H
#define VMM_HOST_FILE_H

#include <stdint.h>

/*
 * Opens a regular file for reading, closed at exec. It never waits, not for the writer of a named
 * pipe either. Returns a descriptor; or -errno, and in *error what is wrong, for a line that names
 * the file.
 */
int file_open(const char *path, uint64_t *size_bytes, const char **error);

#endif
