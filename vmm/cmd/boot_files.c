/* SPDX-License-Identifier: BSD-2-Clause */
/* See boot_files.h. */
#include "vmm/cmd/boot_files.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "guest-images/initramfs.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define INITRAMFS_NAME      "built-in initramfs"
#define TEST_INITRAMFS_NAME "initramfs of the program"
#define PIPE_MAX_BYTES      (UINT64_C(1) << 30)

static int open_source(const char *path, struct boot_source *source)
{
    const char *error;

    *source = (struct boot_source){.name = path};
    source->fd = file_open(path, PIPE_MAX_BYTES, &source->size_bytes, &error);
    if (source->fd >= 0)
        return 0;
    log_error("%s: %s", path, error);
    return source->fd;
}

static int open_initrd(const struct host_options *host, struct boot_source *source)
{
    if (host->link != NULL) {
        *source = (struct boot_source){
            .name = TEST_INITRAMFS_NAME,
            .fd = fcntl(host->link->initramfs_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1),
            .size_bytes = host->link->initramfs_bytes,
        };
        return source->fd >= 0 ? 0 : -errno;
    }
    if (host->initrd_path != NULL)
        return open_source(host->initrd_path, source);
    *source = (struct boot_source){
        .name = INITRAMFS_NAME,
        .fd = -1,
        .bytes = initramfs_start,
        .size_bytes = (uint64_t)(initramfs_end - initramfs_start),
    };
    return 0;
}

static void close_source(const struct boot_source *source)
{
    if (source->fd >= 0)
        close(source->fd);
}

int boot_files_open(const struct host_options *host, struct boot_files *files)
{
    int result = open_source(host->kernel_path, &files->kernel);

    if (result < 0)
        return result;
    files->initrd_is_for_linux = host->initrd_path == NULL || host->link != NULL;
    result = open_initrd(host, &files->initrd);
    if (result < 0)
        close_source(&files->kernel);
    return result;
}

void boot_files_close(const struct boot_files *files)
{
    close_source(&files->kernel);
    close_source(&files->initrd);
}
