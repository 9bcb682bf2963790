/* SPDX-License-Identifier: BSD-2-Clause */
/* Two ends of a stream within this process. */
#ifndef VMM_HOST_STREAM_PAIR_H
#define VMM_HOST_STREAM_PAIR_H

/*
 * Opens both, closed at exec; they do not block. 0, or -errno after an error line.
 */
int stream_pair_open(int *one_fd, int *other_fd);

#endif
