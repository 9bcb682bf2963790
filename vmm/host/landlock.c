/* SPDX-License-Identifier: BSD-2-Clause */
/* See landlock.h. */
#include "vmm/host/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/host/file.h"

/* Since version 3, and not in the headers of Linux 6.1. */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14)
/* Those of version 1 are the bits up to LANDLOCK_ACCESS_FS_MAKE_SYM. */
#define ACCESS_1  (LANDLOCK_ACCESS_FS_REFER - 1)
#define READ_FILE LANDLOCK_ACCESS_FS_READ_FILE
#define READ      (READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define SAVE                                                                                       \
    (READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                       \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | ACCESS_TRUNCATE)

int landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    return version > 0 ? (int)version : 0;
}

/* Those that this kernel knows. */
static uint64_t known_access(void)
{
    int version = landlock_version();
    uint64_t known = ACCESS_1;

    if (version >= 2)
        known |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        known |= ACCESS_TRUNCATE;
    return known;
}

int landlock_open(void)
{
    const struct landlock_ruleset_attr handled = {.handled_access_fs = known_access()};

    if (landlock_version() == 0)
        return -1;
    return (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
}

static void allow(int rules, const char *path, uint64_t access)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = access & known_access()};
    struct stat status;
    int fd = open(path, O_PATH | O_CLOEXEC);

    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && !S_ISDIR(status.st_mode))
        beneath.allowed_access &= READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE;
    beneath.parent_fd = fd;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(fd);
}

void landlock_allow_read(int rules, const char *path)
{
    allow(rules, path, READ);
}

void landlock_allow_write(int rules, const char *path)
{
    allow(rules, path, READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
}

static void allow_folder_of(int rules, const char *path, uint64_t access)
{
    char folder[PATH_MAX];

    file_folder_of(path, folder);
    allow(rules, folder, access);
}

void landlock_allow_save(int rules, const char *path)
{
    char *real = realpath(path, NULL);

    allow_folder_of(rules, path, SAVE);
    if (real != NULL)
        allow_folder_of(rules, real, SAVE);
    free(real);
}

void landlock_allow_remove(int rules, const char *path)
{
    allow_folder_of(rules, path, LANDLOCK_ACCESS_FS_REMOVE_FILE);
}

int landlock_enter(int rules)
{
    int result = 0;

    if (rules < 0)
        return 0;
    if (syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        result = -errno;
    close(rules);
    return result;
}
