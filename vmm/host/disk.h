/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk: a raw file, and the thread that reads and writes it.
 *
 * One request is done after the other, in the order in which they were submitted: a flush so comes
 * after all writes that were submitted before it. What fails is said once for each disk.
 *
 * The thread holds no lock while it does a request. Its own lock is taken inside the machine's and
 * never the other way round. Once it runs it makes no system calls but
 *   futex, preadv, pwritev, pwrite, fdatasync, fallocate, write to the eventfd,
 * and what a message takes (log.h) if something fails; its filter has them (sandbox_calls.h).
 *
 * The file is locked by an open file description lock (fcntl): for one who writes it nobody else
 * has it; those who only read it share it. The lock ends with the process however that ends.
 */
#ifndef VMM_HOST_DISK_H
#define VMM_HOST_DISK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/virtio/blk_request.h"
#include "vmm/host/host_options.h"

struct disk {
    const struct disk_choice *choice;
    /* -1: it is not open. */
    int fd;
    uint64_t size_bytes;
    /* Readable once a request is done; belongs to whoever opened the disk. */
    int done_fd;

    pthread_t thread;
    bool thread_started;
    pthread_mutex_t lock;
    /* Signalled when there is something to do, and when there is nothing any more. */
    pthread_cond_t changed;
    /* Under its lock: what is to be done, and what is done, in order; the former's last one. */
    struct blk_request *first;
    struct blk_request *last;
    struct blk_request *done;
    struct blk_request *last_done;
    bool is_busy;
    bool is_stopping;
    /* Of the thread. */
    bool failure_is_said;
    bool is_out_of_order;
};

/*
 * Opens and locks the file. 0, or -errno after an error line: it is no regular file, its size is 0
 * or no multiple of 512, or another process has it.
 */
int disk_open(struct disk *disk, const struct disk_choice *choice, int done_fd);

/* 0, or -errno after an error line. Harmless if it runs already. */
int disk_start(struct disk *disk);

/* Any thread. The thread has been started, or will be. */
void disk_submit(struct disk *disk, struct blk_request *request);

/* Any thread: the requests that are done since the last call, linked by next; NULL: none is. */
struct blk_request *disk_take_done(struct disk *disk);

/* Any thread: returns once all that was submitted is done. The thread has been started. */
void disk_wait(struct disk *disk);

/*
 * Ends the thread after the request that it does, and closes the file. Requests that it has not
 * begun are left: a guest, which was not told of them, cannot put off the end by asking for much.
 * Harmless if the file is not open.
 */
void disk_close(struct disk *disk);

#endif
