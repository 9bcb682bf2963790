/* SPDX-License-Identifier: BSD-2-Clause */
/* See mirror.h. */
#include "vmm/initramfs/mirror.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/initramfs/archive.h"

/* As Linux has it. */
#define LINKS_MAX   40
#define PERMISSIONS 07777

struct walk {
    struct archive *archive;
    /* Where the walk is; there is no symbolic link in it. "" is the root. */
    char *real;
    /* What is to be walked yet. */
    char rest[PATH_MAX];
    unsigned links;
};

/* Takes the first part of the rest. False: there is none. */
static bool take_part(struct walk *walk, char part[PATH_MAX])
{
    size_t skipped = strspn(walk->rest, "/");
    size_t length = strcspn(walk->rest + skipped, "/");

    if (length == 0)
        return false;
    memcpy(part, walk->rest + skipped, length);
    part[length] = '\0';
    memmove(walk->rest, walk->rest + skipped + length, strlen(walk->rest + skipped + length) + 1);
    return true;
}

static int follow_link(struct walk *walk, const char *path)
{
    char target[PATH_MAX], rest[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof target - 1);
    int result;

    if (length < 0)
        return errno;
    target[length] = '\0';
    if (++walk->links > LINKS_MAX)
        return ELOOP;
    result = archive_add_link(walk->archive, path, target);
    if (result < 0)
        return result;
    memcpy(rest, walk->rest, sizeof rest);
    if (snprintf(walk->rest, sizeof walk->rest, "%s/%s", target, rest) >= PATH_MAX)
        return ENAMETOOLONG;
    if (target[0] == '/')
        walk->real[0] = '\0';
    return 0;
}

static int enter(struct walk *walk, const char *part)
{
    char path[PATH_MAX];
    struct stat status;
    int result = 0;

    if (strcmp(part, ".") == 0)
        return 0;
    if (strcmp(part, "..") == 0) {
        char *slash = strrchr(walk->real, '/');

        walk->real[slash != NULL ? slash - walk->real : 0] = '\0';
        return 0;
    }
    if (snprintf(path, sizeof path, "%s/%s", walk->real, part) >= PATH_MAX)
        return ENAMETOOLONG;
    if (lstat(path, &status) != 0)
        return errno;
    if (S_ISLNK(status.st_mode))
        return follow_link(walk, path);
    if (S_ISDIR(status.st_mode))
        result = archive_add_folder(walk->archive, path, status.st_mode & PERMISSIONS);
    strcpy(walk->real, path);
    return result;
}

int mirror_path(struct archive *archive, const char *path, char real[PATH_MAX])
{
    struct walk walk = {.archive = archive, .real = real};
    char part[PATH_MAX];
    int result = 0;

    real[0] = '\0';
    if (snprintf(walk.rest, sizeof walk.rest, "%s", path) >= PATH_MAX)
        result = ENAMETOOLONG;
    while (result == 0 && take_part(&walk, part))
        result = enter(&walk, part);
    return result;
}
