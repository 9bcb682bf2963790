/* SPDX-License-Identifier: BSD-2-Clause */
/* See trace_writer.h. */
#include "vmm/host/trace_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/file.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/host/sandbox.h"

/* A ring has room for what comes in many times that, however fast. */
#define REST_MS 10

/* Says it once. */
static void fail(struct trace_writer *writer, const char *why)
{
    if (!writer->failed)
        log_error("--trace '%s': %s; records are missing from it from here on", writer->path, why);
    writer->failed = true;
}

/* Behind the records, of a file with a limit: how many there are not, of each ring, and the end. */
static uint64_t closing_bytes(const struct trace_writer *writer)
{
    return (uint64_t)(writer->ring_count + 1) * sizeof(struct trace_block_head);
}

/*
 * What is to stay free behind the block is rest_bytes. What a regular file has got of a block that
 * did not fit is taken away again.
 */
static bool write_whole(struct trace_writer *writer, size_t size_bytes, uint64_t rest_bytes)
{
    size_t done_bytes;
    int result;

    if (writer->is_regular && writer->offset + size_bytes + rest_bytes > writer->limit_bytes) {
        fail(writer, "the file has reached --output-limit");
        return false;
    }
    result = file_write_all(writer->fd, writer->block, size_bytes, &done_bytes);
    if (result == 0) {
        writer->offset += size_bytes;
        return true;
    }
    fail(writer, strerror(-result));
    if (writer->is_regular && ftruncate(writer->fd, (off_t)writer->offset) == 0)
        lseek(writer->fd, (off_t)writer->offset, SEEK_SET);
    return false;
}

/* A block of a ring; its records stand in writer->block. */
static void write_block(struct trace_writer *writer, unsigned index, unsigned slots,
                        uint64_t records)
{
    const struct trace_block_head head = {.thread = (uint16_t)index,
                                          .slots = (uint16_t)slots,
                                          .dropped = writer->lost[index],
                                          .tsc = host_tsc()};
    size_t size_bytes = trace_block_encode(writer->block, &head);

    if (write_whole(writer, size_bytes, slots > 0 ? closing_bytes(writer) : 0))
        writer->lost[index] = 0;
    else
        writer->lost[index] += records;
}

static void write_ring(struct trace_writer *writer, unsigned index)
{
    struct trace_record *slots = (struct trace_record *)(writer->block + TRACE_RECORD_BYTES);
    struct trace_ring *ring = &writer->rings[index];
    uint64_t records;
    unsigned count;

    while ((count = trace_ring_copy(ring, slots, TRACE_BLOCK_MAX_RECORDS, &records)) > 0) {
        write_block(writer, index, count, records);
        trace_ring_drop(ring, count);
    }
}

static void write_rings(struct trace_writer *writer)
{
    for (unsigned i = 0; i < writer->ring_count; i++)
        write_ring(writer, i);
}

static void *trace_thread(void *argument)
{
    struct trace_writer *writer = argument;
    struct pollfd stop = {.fd = writer->stop_fd, .events = POLLIN};
    int result;

    pthread_setname_np(pthread_self(), "trace");
    result = sandbox_enter(SANDBOX_TRACE);
    if (result < 0)
        fail(writer, strerror(-result));
    while (poll(&stop, 1, REST_MS) <= 0)
        write_rings(writer);
    write_rings(writer);
    return NULL;
}

/* O_NONBLOCK: a named pipe without a reader is an error, not a wait. */
static int open_file(struct trace_writer *writer)
{
    int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    struct stat status;

    writer->fd = open(writer->path, flags, 0666);
    if (writer->fd < 0 || fstat(writer->fd, &status) < 0)
        return -errno;
    writer->is_regular = S_ISREG(status.st_mode);
    return writer->is_regular || S_ISCHR(status.st_mode) ? 0 : -EINVAL;
}

static int write_head(struct trace_writer *writer, const char *json)
{
    static uint8_t head[TRACE_HEAD_MAX_BYTES];
    size_t size_bytes = trace_head_encode(json, strlen(json), head);
    size_t done_bytes;

    if (size_bytes == 0)
        return -EOVERFLOW;
    writer->offset = size_bytes;
    return file_write_all(writer->fd, head, size_bytes, &done_bytes);
}

static size_t rings_bytes(unsigned ring_count)
{
    return ring_count * sizeof(struct trace_ring);
}

/* From mmap, which touches none of their pages: most rings use few. */
static int make_rings(struct trace_writer *writer)
{
    void *rings = mmap(NULL, rings_bytes(writer->ring_count), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    writer->lost = calloc(writer->ring_count, sizeof *writer->lost);
    writer->rings = rings == MAP_FAILED ? NULL : rings;
    return writer->rings != NULL && writer->lost != NULL ? 0 : -ENOMEM;
}

static void release(struct trace_writer *writer)
{
    if (writer->fd >= 0)
        close(writer->fd);
    if (writer->stop_fd >= 0)
        close(writer->stop_fd);
    if (writer->rings != NULL)
        munmap(writer->rings, rings_bytes(writer->ring_count));
    free(writer->lost);
}

static int start(struct trace_writer *writer)
{
    writer->stop_fd = eventfd(0, EFD_CLOEXEC);
    return writer->stop_fd < 0 ? -errno
                               : -pthread_create(&writer->thread, NULL, trace_thread, writer);
}

int trace_writer_open(struct trace_writer *writer, const char *path, uint64_t limit_bytes,
                      const char *json, unsigned ring_count)
{
    int result;

    *writer = (struct trace_writer){.path = path,
                                    .limit_bytes = limit_bytes,
                                    .ring_count = ring_count,
                                    .fd = -1,
                                    .stop_fd = -1};
    result = open_file(writer);
    if (result == 0)
        result = write_head(writer, json);
    if (result == 0)
        result = make_rings(writer);
    if (result == 0)
        result = start(writer);
    if (result == 0)
        return 0;
    log_error("--trace: cannot write '%s': %s", path,
              result == -EINVAL ? "it is no regular file" : strerror(-result));
    release(writer);
    return result;
}

static void stop_thread(struct trace_writer *writer)
{
    eventfd_write(writer->stop_fd, 1);
    pthread_join(writer->thread, NULL);
}

/* What a ring dropped at the very end, and what could not be written before it. */
static void write_last_gap(struct trace_writer *writer, unsigned index)
{
    writer->lost[index] += writer->rings[index].gap.value;
    if (writer->lost[index] > 0)
        write_block(writer, index, 0, 0);
}

bool trace_writer_close(struct trace_writer *writer)
{
    const struct trace_block_head end = {.thread = TRACE_THREAD_END};
    bool whole = true;

    stop_thread(writer);
    for (unsigned i = 0; i < writer->ring_count; i++) {
        whole = whole && writer->rings[i].dropped == 0;
        write_last_gap(writer, i);
    }
    write_whole(writer, trace_block_encode(writer->block, &end), 0);
    if (close(writer->fd) < 0)
        fail(writer, strerror(errno));
    writer->fd = -1;
    if (!whole && !writer->failed)
        log_error("--trace '%s': this host is too slow for it: records are missing", writer->path);
    whole = whole && !writer->failed;
    release(writer);
    return whole;
}
