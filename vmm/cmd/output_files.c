/* SPDX-License-Identifier: BSD-2-Clause */
/* See output_files.h. */
#include "vmm/cmd/output_files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/host/file.h"
#include "vmm/host/log.h"

/* So many files are written, and so many may be read beside initrds; disks are either. */
#define DISKS   HOST_OPTIONS_MAX_DISKS
#define OUTPUTS (5 + DISKS)
#define INPUTS  (4 + DISKS)

struct named_file {
    /* What the user calls it: an option, or "the kernel". */
    const char *role;
    /* NULL: the run has none. */
    const char *path;
    /* One may take the place of another: it is a new file, and a guest keeps the one that it has.
     */
    bool is_snapshot;
};

/* What a path leads to: a file that exists, or else the place where it would be made. */
struct place {
    bool exists;
    struct stat status;
    char missing[PATH_MAX];
};

/* With ENOENT, glibc's realpath leaves what does not exist, also where a link leads to it. */
static bool find_place(const struct named_file *file, struct place *place)
{
    *place = (struct place){0};
    if (file->path == NULL || *file->path == '\0')
        return false;
    place->exists = stat(file->path, &place->status) == 0;
    if (place->exists)
        return S_ISREG(place->status.st_mode);
    return realpath(file->path, place->missing) == NULL && errno == ENOENT;
}

static bool is_same_file(const struct named_file *one, const struct named_file *other)
{
    struct place a, b;

    if (!find_place(one, &a) || !find_place(other, &b) || a.exists != b.exists)
        return false;
    if (a.exists)
        return a.status.st_dev == b.status.st_dev && a.status.st_ino == b.status.st_ino;
    return strcmp(a.missing, b.missing) == 0;
}

static int check_all(const struct named_file *files, size_t count)
{
    for (size_t i = 0; i < OUTPUTS; i++)
        for (size_t j = i + 1; j < count; j++)
            if (!(files[i].is_snapshot && files[j].is_snapshot) &&
                is_same_file(&files[i], &files[j])) {
                log_error("%s%s is the same file as %s%s, which would be lost; give another file",
                          files[i].role, files[i].path, files[j].role, files[j].path);
                return -EINVAL;
            }
    return 0;
}

/* In the places of those that are written, or of those that are read. */
static void add_disks(const struct host_options *host, struct named_file *written,
                      struct named_file *read)
{
    for (unsigned i = 0; i < host->disk_count; i++) {
        const struct disk_choice *disk = &host->disks[i];

        *(disk->is_read_only ? &read[i] : &written[i]) =
            (struct named_file){"--disk ", disk->path, false};
    }
}

int output_files_check(const struct host_options *host, const char *restored_path)
{
    struct named_file files[OUTPUTS + INPUTS + HOST_OPTIONS_MAX_INITRDS] = {
        {"--console file:", host->console == CONSOLE_FILE ? host->console_path : NULL, false},
        {"--report ", host->report_path, false},
        {"--trace ", host->trace_path, false},
        {"--rtc nvram=", host->rtc_nvram_path, false},
        {"--snapshot-at file=", host->snapshot_at.path, true},
        [OUTPUTS] = {"the kernel ", host->kernel_path, false},
        {"the snapshot ", restored_path, true},
        {"the program ", host->link != NULL ? host->link->program_path : NULL, false},
        {"stdin ", "/dev/stdin", false},
    };
    char *names[HOST_OPTIONS_MAX_INITRDS] = {0};
    int result;

    add_disks(host, &files[OUTPUTS - DISKS], &files[OUTPUTS + INPUTS - DISKS]);
    for (unsigned i = 0; i < host->initrd_count; i++) {
        names[i] = file_name_of(host->initrds[i]);
        files[OUTPUTS + INPUTS + i] = (struct named_file){"the initrd ", names[i], false};
    }
    result = check_all(files, OUTPUTS + INPUTS + host->initrd_count);
    for (unsigned i = 0; i < host->initrd_count; i++)
        free(names[i]);
    return result;
}
