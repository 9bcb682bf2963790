/* SPDX-License-Identifier: BSD-2-Clause */
/* See boot_files.h. */
#include "vmm/cmd/boot_files.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-images/initramfs.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define INITRAMFS_NAME      "built-in initramfs"
#define TEST_INITRAMFS_NAME "initramfs of the program"
#define PIPE_MAX_BYTES      (UINT64_C(1) << 30)

static_assert(HOST_OPTIONS_MAX_INITRDS <= BOOT_MAX_MODULES, "all have room");

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

/* The name is the module's to free. */
static int open_module(const char *text, struct boot_module *module)
{
    char *name = file_name_of(text);
    int result;

    if (name == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    module->text = text;
    module->words = text + strlen(name);
    module->words += strspn(module->words, " ");
    result = open_source(name, &module->source);
    if (result < 0)
        free(name);
    return result;
}

static int open_modules(const struct host_options *host, struct boot_files *files)
{
    int result = 0;

    for (unsigned i = 0; i < host->initrd_count && result == 0; i++) {
        result = open_module(host->initrds[i], &files->modules[i]);
        if (result == 0)
            files->module_count++;
    }
    return result;
}

static void use_built_in(struct boot_files *files)
{
    files->modules[0] = (struct boot_module){
        .source = {.name = INITRAMFS_NAME,
                   .fd = -1,
                   .bytes = initramfs_start,
                   .size_bytes = (uint64_t)(initramfs_end - initramfs_start)},
        .text = INITRAMFS_NAME,
        .words = "",
    };
    files->module_count = 1;
}

/* What run-test has made, in a file of its own. */
static int use_link(const struct run_link *link, struct boot_files *files)
{
    int fd = fcntl(link->initramfs_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    char *name = strdup(TEST_INITRAMFS_NAME);

    if (fd < 0 || name == NULL) {
        log_error("%s: %s", TEST_INITRAMFS_NAME, strerror(fd < 0 ? errno : ENOMEM));
        free(name);
        if (fd >= 0)
            close(fd);
        return -ENOMEM;
    }
    files->modules[0] = (struct boot_module){
        .source = {.name = name, .fd = fd, .size_bytes = link->initramfs_bytes},
        .text = TEST_INITRAMFS_NAME,
        .words = "",
    };
    files->module_count = 1;
    return 0;
}

int boot_files_open(const struct host_options *host, struct boot_files *files)
{
    int result = open_source(host->kernel_path, &files->kernel);

    if (result < 0)
        return result;
    files->module_count = 0;
    files->modules_are_for_linux = host->link != NULL || host->initrd_count == 0;
    if (host->link != NULL)
        result = use_link(host->link, files);
    else if (host->initrd_count == 0)
        use_built_in(files);
    else
        result = open_modules(host, files);
    if (result < 0)
        boot_files_close(files);
    return result;
}

void boot_files_close(const struct boot_files *files)
{
    close(files->kernel.fd);
    for (unsigned i = 0; i < files->module_count; i++) {
        const struct boot_source *source = &files->modules[i].source;

        if (source->fd < 0)
            continue;
        close(source->fd);
        free((char *)source->name);
    }
}
