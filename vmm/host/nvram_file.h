/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of `--rtc nvram=FILE`: what the battery of an RTC would keep between two runs.
 *
 *   offset  size
 *        0     8  "MINIVNVR"
 *        8     4  version, 1
 *       12     4  size of the file in bytes, 144
 *       16     8  the clock: RTC minus host's UTC in nanoseconds, signed
 *       24   114  registers 0Eh to 7Fh; 37h is 0, for the century is at 32h
 *      138     2  zero
 *      140     4  CRC-32 of all before it (that of IEEE 802.3, zlib and PNG)
 *
 * All numbers are little endian. A file that is not exactly so is refused; nothing in it is mended.
 *
 * The file is never changed in place. A new one, FILE.saving, is written beside it, flushed to the
 * disk, and renamed over the old one. It gets the old one's mode and owner. So a crash of the host
 * leaves a whole file, the old one or the new one.
 *
 * The renaming is on the disk once the folder is flushed. A user who may not read the folder cannot
 * flush it: then a crash soon after the run can still bring the old file back.
 *
 * One run at a time uses the file. As the file itself is replaced, what is locked is FILE.lock
 * beside it, by an open file description lock (fcntl), which ends with the process however that
 * ends. FILE.lock is removed with the lock; of a run that was killed it is left, unlocked, and the
 * next one takes it over, and removes FILE.saving.
 *
 * All calls are made by the main thread, before the vCPUs start and after they have ended.
 */
#ifndef VMM_HOST_NVRAM_FILE_H
#define VMM_HOST_NVRAM_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/pc/rtc.h"

#define NVRAM_FILE_BYTES 144

struct nvram_image {
    int64_t rtc_offset_ns;
    uint8_t bytes[RTC_NVRAM_BYTES];
};

#define NVRAM_FILE_LOCK_SUFFIX   ".lock"
#define NVRAM_FILE_SAVING_SUFFIX ".saving"

/* Of a run that uses the file; fd is -1 without a lock. */
struct nvram_lock {
    int fd;
    char path[PATH_MAX + sizeof NVRAM_FILE_LOCK_SUFFIX];
};

/* The image as the bytes of a file. */
void nvram_file_encode(const struct nvram_image *image, uint8_t file[NVRAM_FILE_BYTES]);

/*
 * Takes the image from a file of size_bytes bytes. Returns NULL, or a few words that say what is
 * wrong with the file; the image is then left as it is.
 */
const char *nvram_file_decode(const uint8_t *file, size_t size_bytes, struct nvram_image *image);

/*
 * Reads the file. Returns 0: *found says whether there is one, and the image is all zeros if not.
 * Or a negative errno after an error line, if the file
 *   - is damaged or cannot be read,
 *   - is no regular file, or a symbolic link to a file that does not exist,
 *   - could not be replaced later, as its folder cannot be written to or its name is too long.
 */
int nvram_file_load(const char *path, struct nvram_image *image, bool *found);

/*
 * For a file that could be loaded: no other run has it from here on, and what a killed one has left
 * is removed. Returns 0; or a negative errno after an error line, -EAGAIN if another run has it.
 */
int nvram_file_lock(const char *path, struct nvram_lock *lock);

/* Harmless without a lock. */
void nvram_file_unlock(struct nvram_lock *lock);

/*
 * Replaces the file, or makes it, for the one who has the lock. Where path is a symbolic link, what
 * it leads to is replaced, and the link stays. If the owner cannot be kept, which needs root, a
 * line says so and the file is saved all the same. Returns 0, or a negative errno after an error
 * line; the old file is then as it was, unless only the flushing of the folder has failed.
 */
int nvram_file_save(const char *path, const struct nvram_image *image);

#endif
