/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvm_stats.h. */
#include "vmm/kvm/kvm_stats.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#define HALTED_NAME    "blocking"
#define COUNT_NAME     "halt_exits"
#define MAX_NAME_BYTES 256

/* A descriptor with its name behind it, which is name_bytes long in every one of a file. */
union descriptor {
    struct kvm_stats_desc fixed;
    char bytes[sizeof(struct kvm_stats_desc) + MAX_NAME_BYTES];
};

static bool read_at(int fd, void *bytes, size_t size_bytes, int64_t offset_bytes)
{
    return pread(fd, bytes, size_bytes, offset_bytes) == (ssize_t)size_bytes;
}

/* Where in the file the statistic of that name is; -1 if there is none. */
static int64_t find(int fd, const char *name)
{
    struct kvm_stats_header header;

    if (!read_at(fd, &header, sizeof header, 0) || header.name_size > MAX_NAME_BYTES)
        return -1;
    for (uint32_t i = 0; i < header.num_desc; i++) {
        size_t size_bytes = sizeof(struct kvm_stats_desc) + header.name_size;
        union descriptor descriptor;

        if (!read_at(fd, &descriptor, size_bytes, (int64_t)(header.desc_offset + i * size_bytes)))
            return -1;
        if (strncmp(descriptor.fixed.name, name, header.name_size) == 0)
            return (int64_t)header.data_offset + descriptor.fixed.offset;
    }
    return -1;
}

int kvm_halt_stat_open(struct kvm_halt_stat *stat, int vcpu_fd)
{
    stat->fd = ioctl(vcpu_fd, KVM_GET_STATS_FD, NULL);
    if (stat->fd < 0)
        return -errno;
    stat->halted_offset_bytes = find(stat->fd, HALTED_NAME);
    stat->count_offset_bytes = find(stat->fd, COUNT_NAME);
    if (stat->halted_offset_bytes >= 0 && stat->count_offset_bytes >= 0)
        return 0;
    kvm_halt_stat_close(stat);
    return -ENOENT;
}

bool kvm_halt_stat_read(const struct kvm_halt_stat *stat)
{
    uint64_t value = 0;

    return read_at(stat->fd, &value, sizeof value, stat->halted_offset_bytes) && value != 0;
}

bool kvm_halt_stat_count(const struct kvm_halt_stat *stat, uint64_t *count)
{
    return read_at(stat->fd, count, sizeof *count, stat->count_offset_bytes);
}

void kvm_halt_stat_close(struct kvm_halt_stat *stat)
{
    if (stat->fd >= 0)
        close(stat->fd);
    stat->fd = -1;
}
