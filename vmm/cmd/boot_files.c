/* SPDX-License-Identifier: BSD-2-Clause */
/* See boot_files.h. */
#include "vmm/cmd/boot_files.h"

#include <unistd.h>

#include "guest-images/initramfs.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define INITRAMFS_NAME "built-in initramfs"
#define PIPE_MAX_BYTES (UINT64_C(1) << 30)

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

static int open_initrd(const char *path, struct boot_source *source)
{
    if (path != NULL)
        return open_source(path, source);
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
    files->initrd_is_for_linux = host->initrd_path == NULL;
    result = open_initrd(host->initrd_path, &files->initrd);
    if (result < 0)
        close_source(&files->kernel);
    return result;
}

void boot_files_close(const struct boot_files *files)
{
    close_source(&files->kernel);
    close_source(&files->initrd);
}
