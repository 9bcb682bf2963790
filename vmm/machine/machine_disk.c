/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_disk.h. */
#include "vmm/machine/machine_disk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/vcpu_stall.h"

static void on_submit(void *ctx, struct blk_request *request)
{
    struct machine_disk *disk = ctx;

    disk_submit(&disk->file, request);
}

/* In the thread of the vCPU that has reset the disk. */
static void on_stop(void *ctx)
{
    const struct machine_disk *disk = ctx;
    struct machine *machine = disk->machine;

    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        vcpu_begin_stall(&machine->vcpus[i], VCPU_STALL_DISK);
    machine->disks.are_stopping = true;
}

static void end_stop(struct machine *machine)
{
    if (!machine->disks.are_stopping || machine_disk_is_busy(machine))
        return;
    machine->disks.are_stopping = false;
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        vcpu_end_stall(&machine->vcpus[i], VCPU_STALL_DISK);
}

/* Under the lock. */
static void deliver(struct machine *machine)
{
    for (unsigned i = 0; i < machine->disks.count; i++) {
        struct blk_request *request = disk_take_done(&machine->disks.disks[i].file);

        while (request != NULL) {
            struct blk_request *next = request->next;

            virtio_blk_done(&machine->board.disks[i], request);
            request = next;
        }
    }
    end_stop(machine);
}

static void on_done(void *ctx, short revents)
{
    struct machine *machine = ctx;
    eventfd_t ignored;

    (void)revents;
    eventfd_read(machine->disks.done_fd, &ignored);
    machine_lock(machine);
    deliver(machine);
    machine_unlock(machine);
}

static int open_all(struct machine *machine)
{
    struct machine_disks *disks = &machine->disks;
    int result = 0;

    disks->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    disks->requests = calloc((size_t)disks->count * VIRTQ_MAX_SIZE, sizeof *disks->requests);
    if (disks->done_fd < 0 || disks->requests == NULL) {
        log_error("--disk: %s", strerror(errno));
        result = -errno;
    }
    for (unsigned i = 0; result == 0 && i < disks->count; i++) {
        disks->disks[i].machine = machine;
        result = disk_open(&disks->disks[i].file, &machine->host->disks[i], disks->done_fd);
    }
    if (result < 0)
        machine_disk_close(machine);
    return result;
}

int machine_disk_open(struct machine *machine)
{
    struct machine_disks *disks = &machine->disks;
    unsigned given = machine->host->disk_count;

    *disks = (struct machine_disks){.count = machine->config->disk_count, .done_fd = -1};
    for (unsigned i = 0; i < MACHINE_MAX_DISKS; i++)
        disks->disks[i].file.fd = -1;
    if (given != disks->count) {
        log_error("the guest has %u disks, and --disk names %u; name each, in the same order",
                  disks->count, given);
        disks->count = 0;
        return -EINVAL;
    }
    return disks->count == 0 ? 0 : open_all(machine);
}

void machine_disk_configure(struct machine *machine, struct board_config *config)
{
    struct machine_disks *disks = &machine->disks;

    for (unsigned i = 0; i < disks->count; i++) {
        disks->wirings[i] = (struct virtio_blk_wiring){
            .capacity_sectors = disks->disks[i].file.size_bytes / VIRTIO_BLK_SECTOR_BYTES,
            .is_read_only = machine->host->disks[i].is_read_only,
            .id = {'d', 'i', 's', 'k', (char)('0' + i)},
            .requests = disks->requests + (size_t)i * VIRTQ_MAX_SIZE,
            .submit = on_submit,
            .stop = on_stop,
            .ctx = &disks->disks[i],
        };
    }
    config->disk_count = disks->count;
    config->disks = disks->wirings;
}

int machine_disk_start(struct machine *machine)
{
    int result = 0;

    for (unsigned i = 0; result == 0 && i < machine->disks.count; i++)
        result = disk_start(&machine->disks.disks[i].file);
    return result;
}

int machine_disk_attach(struct machine *machine, struct event_loop *loop)
{
    struct machine_disks *disks = &machine->disks;

    return disks->count == 0
               ? 0
               : event_source_add(loop, &disks->source, disks->done_fd, POLLIN, on_done, machine);
}

bool machine_disk_is_written(const struct machine *machine)
{
    for (unsigned i = 0; i < machine->disks.count; i++)
        if (!machine->host->disks[i].is_read_only)
            return true;
    return false;
}

bool machine_disk_is_busy(const struct machine *machine)
{
    for (unsigned i = 0; i < machine->disks.count; i++)
        if (machine->board.disks[i].under_way > 0)
            return true;
    return false;
}

void machine_disk_drain(struct machine *machine)
{
    if (!machine_disk_is_busy(machine))
        return;
    pthread_mutex_unlock(&machine->lock);
    for (unsigned i = 0; i < machine->disks.count; i++)
        disk_wait(&machine->disks.disks[i].file);
    pthread_mutex_lock(&machine->lock);
    deliver(machine);
}

void machine_disk_report(const struct machine *machine)
{
    for (unsigned i = 0; i < machine->disks.count; i++)
        if (machine->board.disks[i].failed_count > 0)
            log_info("--disk '%s': %llu requests failed", machine->host->disks[i].path,
                     (unsigned long long)machine->board.disks[i].failed_count);
}

void machine_disk_close(struct machine *machine)
{
    struct machine_disks *disks = &machine->disks;

    for (unsigned i = 0; i < disks->count; i++)
        disk_close(&disks->disks[i].file);
    free(disks->requests);
    disks->requests = NULL;
    if (disks->count > 0 && disks->done_fd >= 0)
        close(disks->done_fd);
    disks->count = 0;
}
