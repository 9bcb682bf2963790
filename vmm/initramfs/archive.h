/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An initramfs that is made: a cpio archive in memory of the host, and which names are in it. A
 * name that is there already is not added again, and that is no error: the first one counts.
 *
 * Paths begin with a slash. Functions return 0, or -errno after one error line. Main thread.
 */
#ifndef VMM_INITRAMFS_ARCHIVE_H
#define VMM_INITRAMFS_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct archive {
    /* A file without a name, to be read as any other. */
    int fd;
    uint64_t size_bytes;
    uint64_t limit_bytes;
    /* Of tsearch. */
    void *names;
};

/* An empty one that may have so many bytes. archive_close undoes it. */
int archive_open(struct archive *archive, uint64_t limit_bytes);
void archive_close(struct archive *archive);

bool archive_has(const struct archive *archive, const char *path);

/* The whole of another archive, before all entries; packed or not. */
int archive_add_archive(struct archive *archive, const char *path);

/* A folder whose parents are there already. */
int archive_add_folder(struct archive *archive, const char *path, mode_t permissions);

/* All that lead to the path, with permissions 0755; with itself, the path too. */
int archive_add_folders(struct archive *archive, const char *path, bool itself);

int archive_add_link(struct archive *archive, const char *path, const char *target);
int archive_add_console(struct archive *archive, const char *path);
int archive_add_bytes(struct archive *archive, const char *path, mode_t permissions,
                      const void *bytes, size_t size_bytes);

/* The content of a file of the host; permissions are its own. */
int archive_add_file(struct archive *archive, const char *path, const char *from);

/* Nothing may be added any more. */
int archive_end(struct archive *archive);

#endif
