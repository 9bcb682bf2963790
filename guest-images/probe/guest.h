/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The surroundings of a guest's first process: its file systems, its console, the second serial
 * port.
 */
#ifndef GUEST_IMAGES_PROBE_GUEST_H
#define GUEST_IMAGES_PROBE_GUEST_H

#include "base/text.h"

/* Mounts /dev; the standard output is the console. */
void guest_open_console(void);

/* Mounts /proc and /sys. */
void guest_mount_kernel_files(void);

/* The second serial port in raw mode, so that what is written arrives; -1 if there is none. */
int guest_open_second_channel(void);

/* Writes all of the text, unless the other end does not take it for a long time. */
void guest_write_all(int fd, const struct text *text);

/*
 * Waits for a line, for as long as it takes: without its newline, and what does not fit is left
 * out. Empty if the descriptor fails.
 */
void guest_read_line(int fd, char *line, size_t size_bytes);

#endif
