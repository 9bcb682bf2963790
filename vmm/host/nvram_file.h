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
 * All numbers are little endian. A file that is not exactly so is refused, never mended. It is
 * replaced as a whole: written beside itself, flushed to the disk, renamed. So after a crash it is
 * the old one or the new one; the old one even after a run has ended, if the user may not read the
 * folder and so cannot flush it. Of two machines with one file, the last to end has its way.
 */
#ifndef VMM_HOST_NVRAM_FILE_H
#define VMM_HOST_NVRAM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/pc/rtc.h"

#define NVRAM_FILE_BYTES 144

struct nvram_image {
    int64_t rtc_offset_ns;
    uint8_t bytes[RTC_NVRAM_BYTES];
};

/* The image as the bytes of a file. */
void nvram_file_encode(const struct nvram_image *image, uint8_t file[NVRAM_FILE_BYTES]);

/* The image in a file of size_bytes bytes: NULL, or what is wrong with it, in a few words. */
const char *nvram_file_decode(const uint8_t *file, size_t size_bytes, struct nvram_image *image);

/*
 * Reads the file. 0 and *found, with an image of zeros if there is no file; a negative errno after
 * an error line if it is damaged, cannot be read, is a symbolic link to nothing, or nvram_file_save
 * could not write: not to its folder, or not under its name, which is 7 characters longer then.
 */
int nvram_file_load(const char *path, struct nvram_image *image, bool *found);

/* Replaces or makes the file, not a link to it. 0, or a negative errno after an error line. */
int nvram_file_save(const char *path, const struct nvram_image *image);

#endif
