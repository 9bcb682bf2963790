/* SPDX-License-Identifier: BSD-2-Clause */
/* See disk.h. */
#include "vmm/host/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/host/sandbox.h"

#define SECTOR_BYTES 512
#define ZEROES_BYTES 65536

/* What is left of a request; the segments that are done are taken out. */
struct transfer {
    struct iovec parts[VIRTQ_MAX_CHAIN];
    unsigned count;
    unsigned first;
    uint64_t offset_bytes;
};

static void begin_transfer(struct transfer *transfer, const struct blk_request *request)
{
    transfer->count = request->count;
    transfer->first = 0;
    transfer->offset_bytes = request->offset_bytes;
    for (unsigned i = 0; i < request->count; i++)
        transfer->parts[i] =
            (struct iovec){request->segments[i].host, request->segments[i].size_bytes};
}

static void advance(struct transfer *transfer, size_t done_bytes)
{
    transfer->offset_bytes += done_bytes;
    while (transfer->first < transfer->count) {
        struct iovec *part = &transfer->parts[transfer->first];

        if (done_bytes < part->iov_len) {
            part->iov_base = (uint8_t *)part->iov_base + done_bytes;
            part->iov_len -= done_bytes;
            return;
        }
        done_bytes -= part->iov_len;
        transfer->first++;
    }
}

/* 0 or -errno. A file that has shrunk since has no more to be read. */
static int move(int fd, const struct blk_request *request)
{
    struct transfer transfer;

    begin_transfer(&transfer, request);
    while (transfer.first < transfer.count) {
        const struct iovec *parts = &transfer.parts[transfer.first];
        int count = (int)(transfer.count - transfer.first);
        off_t offset = (off_t)transfer.offset_bytes;
        ssize_t done = request->operation == BLK_READ ? preadv(fd, parts, count, offset)
                                                      : pwritev(fd, parts, count, offset);

        if (done > 0)
            advance(&transfer, (size_t)done);
        else if (done == 0)
            return -EIO;
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static int allocate(int fd, int mode, const struct blk_request *request)
{
    int result;

    do
        result = fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)request->offset_bytes,
                           (off_t)request->size_bytes);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

static int write_zeroes(int fd, const struct blk_request *request)
{
    static const uint8_t zeroes[ZEROES_BYTES];
    uint64_t done_bytes = 0;

    while (done_bytes < request->size_bytes) {
        uint64_t left = request->size_bytes - done_bytes;
        ssize_t done = pwrite(fd, zeroes, left < sizeof zeroes ? left : sizeof zeroes,
                              (off_t)(request->offset_bytes + done_bytes));

        if (done > 0)
            done_bytes += (uint64_t)done;
        else if (done == 0 || errno != EINTR)
            return done == 0 ? -EIO : -errno;
    }
    return 0;
}

/* Not each file system can. What was discarded may have any contents. */
static int discard(int fd, const struct blk_request *request)
{
    int result = request->size_bytes > 0 ? allocate(fd, FALLOC_FL_PUNCH_HOLE, request) : 0;

    return result == -EOPNOTSUPP ? 0 : result;
}

static int zero(int fd, const struct blk_request *request)
{
    int mode = request->may_unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE;
    int result = request->size_bytes > 0 ? allocate(fd, mode, request) : 0;

    return result == -EOPNOTSUPP ? write_zeroes(fd, request) : result;
}

static int flush(int fd)
{
    return fdatasync(fd) < 0 ? -errno : 0;
}

static int perform(int fd, const struct blk_request *request)
{
    int result = 0;

    switch (request->operation) {
    case BLK_READ:
    case BLK_WRITE:
        result = move(fd, request);
        break;
    case BLK_FLUSH:
        return flush(fd);
    case BLK_DISCARD:
        result = discard(fd, request);
        break;
    case BLK_WRITE_ZEROES:
        result = zero(fd, request);
        break;
    }
    return result == 0 && request->is_synchronous ? flush(fd) : result;
}

static void perform_and_say(struct disk *disk, struct blk_request *request)
{
    int result = disk->is_out_of_order ? -EPERM : perform(disk->fd, request);

    request->has_failed = result < 0;
    if (result < 0 && !disk->failure_is_said)
        log_error("--disk '%s': %s; the guest is told of an I/O error", disk->choice->path,
                  strerror(-result));
    disk->failure_is_said |= result < 0;
}

static void append(struct blk_request **first, struct blk_request **last,
                   struct blk_request *request)
{
    request->next = NULL;
    if (*first == NULL)
        *first = request;
    else
        (*last)->next = request;
    *last = request;
}

/* NULL: it is to end. What nobody was told is done need not be done then. */
static struct blk_request *wait_for_request(struct disk *disk)
{
    struct blk_request *request;

    while (disk->first == NULL && !disk->is_stopping)
        pthread_cond_wait(&disk->changed, &disk->lock);
    request = disk->is_stopping ? NULL : disk->first;
    if (request != NULL)
        disk->first = request->next;
    disk->is_busy = request != NULL;
    return request;
}

/* Without its filter it does no request. */
static void enter_sandbox(struct disk *disk)
{
    int result = sandbox_enter(SANDBOX_DISK);

    if (result < 0)
        log_error("--disk '%s': seccomp: %s", disk->choice->path, strerror(-result));
    disk->is_out_of_order = result < 0;
}

static void *disk_thread(void *argument)
{
    struct disk *disk = argument;
    struct blk_request *request;

    pthread_setname_np(pthread_self(), "disk");
    enter_sandbox(disk);
    pthread_mutex_lock(&disk->lock);
    while ((request = wait_for_request(disk)) != NULL) {
        pthread_mutex_unlock(&disk->lock);
        perform_and_say(disk, request);
        pthread_mutex_lock(&disk->lock);
        append(&disk->done, &disk->last_done, request);
        disk->is_busy = false;
        pthread_cond_broadcast(&disk->changed);
        eventfd_write(disk->done_fd, 1);
    }
    pthread_mutex_unlock(&disk->lock);
    return NULL;
}

static const char *find_fault(const struct stat *status)
{
    if (!S_ISREG(status->st_mode))
        return "not a regular file";
    if (status->st_size == 0 || status->st_size % SECTOR_BYTES != 0)
        return "its size is 0 or no multiple of 512 bytes; truncate -s gives it another";
    return NULL;
}

static int lock_file(const struct disk *disk)
{
    struct flock lock = {
        .l_type = disk->choice->is_read_only ? F_RDLCK : F_WRLCK,
        .l_whence = SEEK_SET,
    };

    if (fcntl(disk->fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    if (errno != EAGAIN && errno != EACCES) {
        log_error("--disk '%s': cannot be locked: %s", disk->choice->path, strerror(errno));
        return -errno;
    }
    log_error("--disk '%s': another process uses it; ,ro shares a disk with others that only read",
              disk->choice->path);
    return -EAGAIN;
}

static int open_file(struct disk *disk)
{
    int access = disk->choice->is_read_only ? O_RDONLY : O_RDWR;
    struct stat status;
    const char *fault;

    disk->fd = open(disk->choice->path, access | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (disk->fd < 0 || fstat(disk->fd, &status) < 0) {
        int error = errno;

        log_error("--disk '%s': %s", disk->choice->path, strerror(error));
        return -error;
    }
    fault = find_fault(&status);
    if (fault != NULL) {
        log_error("--disk '%s': %s", disk->choice->path, fault);
        return -EINVAL;
    }
    disk->size_bytes = (uint64_t)status.st_size;
    return lock_file(disk);
}

int disk_open(struct disk *disk, const struct disk_choice *choice, int done_fd)
{
    int result;

    *disk = (struct disk){.choice = choice, .fd = -1, .done_fd = done_fd};
    pthread_mutex_init(&disk->lock, NULL);
    pthread_cond_init(&disk->changed, NULL);
    result = open_file(disk);
    if (result < 0)
        disk_close(disk);
    return result;
}

int disk_start(struct disk *disk)
{
    int error = disk->thread_started ? 0 : pthread_create(&disk->thread, NULL, disk_thread, disk);

    if (error != 0) {
        log_error("--disk '%s': cannot start its thread: %s", disk->choice->path, strerror(error));
        return -error;
    }
    disk->thread_started = true;
    return 0;
}

void disk_submit(struct disk *disk, struct blk_request *request)
{
    pthread_mutex_lock(&disk->lock);
    append(&disk->first, &disk->last, request);
    pthread_cond_broadcast(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
}

struct blk_request *disk_take_done(struct disk *disk)
{
    struct blk_request *done;

    pthread_mutex_lock(&disk->lock);
    done = disk->done;
    disk->done = NULL;
    pthread_mutex_unlock(&disk->lock);
    return done;
}

void disk_wait(struct disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    while (disk->first != NULL || disk->is_busy)
        pthread_cond_wait(&disk->changed, &disk->lock);
    pthread_mutex_unlock(&disk->lock);
}

void disk_close(struct disk *disk)
{
    if (disk->thread_started) {
        pthread_mutex_lock(&disk->lock);
        disk->is_stopping = true;
        pthread_cond_broadcast(&disk->changed);
        pthread_mutex_unlock(&disk->lock);
        pthread_join(disk->thread, NULL);
    }
    disk->thread_started = false;
    if (disk->fd >= 0)
        close(disk->fd);
    disk->fd = -1;
}
