/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that the user names.
 */
#ifndef VMM_HOST_FILE_H
#define VMM_HOST_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Opens a regular file for reading, closed at exec. A pipe, such as a shell's <(COMMAND), is read
 * to its end into memory, and the descriptor is of that: it can be read again and anywhere. One
 * with more than pipe_max_bytes is an error. Until whoever writes to the pipe has ended this waits,
 * and meanwhile a signal does what it does without a handler; for somebody to begin writing to a
 * named pipe it waits one second.
 *
 * Returns a descriptor; or -errno, and in *error what is wrong, for a line that names the file.
 */
int file_open(const char *path, uint64_t pipe_max_bytes, uint64_t *size_bytes, const char **error);

/* The folder of a file, of a path shorter than PATH_MAX. */
void file_folder_of(const char *path, char folder[PATH_MAX]);

/*
 * A new name in a folder is on the disk once the folder is. One that the user may not read cannot
 * be opened for that, though its files can be replaced: the kernel then writes it in its own time.
 * Returns 0 or an errno.
 */
int file_flush_folder(const char *path);

/* Whether the path leads to a pipe, which can be read only once. */
bool file_is_pipe(const char *path);

/*
 * The file of "FILE" or "FILE WORDS": the longest beginning of the text, up to a space, that is the
 * name of something; all of it if none is. The caller frees it; NULL if out of memory.
 */
char *file_name_of(const char *text);

/*
 * What is in an open file that file_open says has so many bytes, and a NUL behind it. NULL, with
 * what is wrong in *error: it has more than max_bytes, or cannot be read. The caller frees it.
 * *got_bytes are without that NUL, and may be fewer if the file has shrunk.
 */
char *file_read_all(int fd, uint64_t size_bytes, uint64_t max_bytes, size_t *got_bytes,
                    const char **error);

/*
 * Writes all of the bytes, in as many parts as the file system takes. *done_bytes is how many it
 * took. 0, or -errno; one that takes none and says no reason is -EIO.
 */
int file_write_all(int fd, const void *bytes, size_t size_bytes, size_t *done_bytes);

/*
 * Reads so many bytes from an offset. Returns how many there are: fewer at the end of the file; or
 * -errno.
 */
ssize_t file_read_at(int fd, void *bytes, size_t size_bytes, uint64_t offset);

/* Adds bytes to the end of a file, which is made if it is not there. 0, or -errno. */
int file_append(const char *path, const char *bytes, size_t size_bytes);

/* Makes a file of them, in place of what is there by that name. 0, or -errno. */
int file_put(const char *path, const char *bytes, size_t size_bytes);

#endif
