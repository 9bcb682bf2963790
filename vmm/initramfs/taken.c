/* SPDX-License-Identifier: BSD-2-Clause */
/* See taken.h. */
#include "vmm/initramfs/taken.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/initramfs/mirror.h"
#include "vmm/initramfs/script.h"

#define LD_SO_CONF  "/etc/ld.so.conf"
#define LD_SO_CACHE "/etc/ld.so.cache"
/* The C library opens it by itself when a thread ends. */
#define OPENED_BY_LIBC "libgcc_s.so.1"
#define LIBC           "libc.so.6"
#define PERMISSIONS    07777

struct taken_path {
    struct taken_path *next;
    char path[];
};

int taken_open(struct taken *taken, uint64_t limit_bytes, const char *preferred)
{
    *taken = (struct taken){.queue = NULL};
    libraries_read(&taken->libraries, preferred, LD_SO_CONF);
    return archive_open(&taken->archive, limit_bytes);
}

static struct taken_path *pop(struct taken *taken)
{
    struct taken_path *first = taken->queue;

    if (first != NULL)
        taken->queue = first->next;
    return first;
}

void taken_close(struct taken *taken)
{
    for (struct taken_path *path; (path = pop(taken)) != NULL;)
        free(path);
    archive_close(&taken->archive);
}

static int push(struct taken *taken, const char *path)
{
    struct taken_path *item = malloc(sizeof *item + strlen(path) + 1);

    if (item == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    strcpy(item->path, path);
    item->next = taken->queue;
    taken->queue = item;
    return 0;
}

/* A path in the current folder becomes one from the root. */
static int make_absolute(const char *path, char absolute[PATH_MAX])
{
    char folder[PATH_MAX] = "";

    if (path[0] != '/' && getcwd(folder, sizeof folder) == NULL) {
        log_error("%s: the current folder has no path: %s", path, strerror(errno));
        return -errno;
    }
    if (snprintf(absolute, PATH_MAX, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", path) <
        PATH_MAX)
        return 0;
    log_error("%s: %s", path, strerror(ENAMETOOLONG));
    return -ENAMETOOLONG;
}

static int push_library(struct taken *taken, const struct library_user *user, const char *name)
{
    char path[PATH_MAX], absolute[PATH_MAX];
    int result;

    if (libraries_find(&taken->libraries, user, name, path)) {
        result = make_absolute(path, absolute);
        return result < 0 ? result : push(taken, absolute);
    }
    if (!taken->strict) {
        log_info("%s: its library %s is not taken along: it is not found", user->path, name);
        return 0;
    }
    log_error("%s needs the library %s, which is not found; set LD_LIBRARY_PATH to its folder",
              user->path, name);
    return -ENOENT;
}

static int push_opened_by_libc(struct taken *taken, const struct library_user *user)
{
    char path[PATH_MAX];

    return libraries_find(&taken->libraries, user, OPENED_BY_LIBC, path) ? push(taken, path) : 0;
}

static int push_interpreter(struct taken *taken, const struct library_user *user)
{
    const char *interpreter = user->needs->interpreter;

    if (interpreter[0] == '\0')
        return 0;
    if (taken->strict || access(interpreter, F_OK) == 0)
        return push(taken, interpreter);
    log_info("%s: its interpreter %s is not taken along: it is not found", user->path, interpreter);
    return 0;
}

static int push_needs(struct taken *taken, const struct library_user *user)
{
    int result = push_interpreter(taken, user);

    for (const char *name = NULL;
         result == 0 && (name = elf_needs_next(user->needs, name)) != NULL;) {
        result = push_library(taken, user, name);
        if (result == 0 && strcmp(name, LIBC) == 0)
            result = push_opened_by_libc(taken, user);
    }
    return result;
}

/* The first program that is taken strictly is the one that is started. */
static void keep_program(struct taken *taken, const struct library_user *user)
{
    if (!taken->strict || taken->program.path != NULL)
        return;
    taken->program_needs = *user->needs;
    strcpy(taken->program_path, user->path);
    taken->program = (struct library_user){taken->program_path, &taken->program_needs, NULL};
}

static int push_script(struct taken *taken, const char *real)
{
    struct script script;
    int result;

    if (!script_read(real, &script))
        return 0;
    if (!taken->strict && access(script.interpreter, X_OK) != 0)
        return 0;
    result = push(taken, script.interpreter);
    if (result == 0 && script.program[0] != '\0')
        result = push(taken, script.program);
    return result;
}

/* What a file here, without symbolic links in its path, needs to be run or loaded. */
static int push_needs_of(struct taken *taken, const char *real)
{
    struct elf_needs needs;
    struct library_user user = {.path = real, .needs = &needs};

    if (!libraries_read_needs(real, &needs))
        return push_script(taken, real);
    keep_program(taken, &user);
    if (taken->program.path != NULL)
        user.program = &taken->program;
    return push_needs(taken, &user);
}

/* Takes a path of this host; what it needs comes into the queue. */
static int take_path(struct taken *taken, const char *path)
{
    char real[PATH_MAX];
    int result = mirror_path(&taken->archive, path, real);
    struct stat status;

    if (result == 0 && stat(real, &status) != 0)
        result = errno;
    if (result > 0) {
        log_error("%s: cannot be taken along: %s", path, strerror(result));
        return -result;
    }
    if (result < 0 || !S_ISREG(status.st_mode) || archive_has(&taken->archive, real))
        return result;
    result = archive_add_file(&taken->archive, real, real);
    return result < 0 ? result : push_needs_of(taken, real);
}

static int take_queue(struct taken *taken)
{
    int result = 0;

    for (struct taken_path *item; result == 0 && (item = pop(taken)) != NULL; free(item))
        result = take_path(taken, item->path);
    return result;
}

int taken_add_program(struct taken *taken, const char *name, const char *folders,
                      char path[PATH_MAX])
{
    char found[PATH_MAX];
    int result;

    if (!script_find_program(name, folders, found)) {
        log_error("%s: there is no such program%s", name,
                  strchr(name, '/') != NULL ? "" : " in PATH");
        return -ENOENT;
    }
    result = make_absolute(found, path);
    taken->strict = true;
    if (result == 0)
        result = push(taken, path);
    if (result == 0)
        result = take_queue(taken);
    taken->strict = false;
    /* Folders that only it names, as those of ld.so.conf. A guest without it has the usual ones. */
    if (result == 0 && access(LD_SO_CACHE, R_OK) == 0)
        result = take_path(taken, LD_SO_CACHE);
    return result;
}

/* One entry of a folder that is copied; path is its place in the guest. */
static int copy_entry(struct taken *taken, const FTSENT *entry, const char *path)
{
    char target[PATH_MAX];
    ssize_t length;
    int result;

    switch (entry->fts_info) {
    case FTS_D:
        return archive_add_folder(&taken->archive, path, entry->fts_statp->st_mode & PERMISSIONS);
    case FTS_F:
        result = archive_add_file(&taken->archive, path, entry->fts_path);
        return result < 0 ? result : push_needs_of(taken, entry->fts_path);
    case FTS_SL:
    case FTS_SLNONE:
        length = readlink(entry->fts_path, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        return archive_add_link(&taken->archive, path, target);
    case FTS_DP:
        return 0;
    case FTS_DEFAULT:
        log_note("%s: not taken along: it is no file, folder or link", entry->fts_path);
        return 0;
    default:
        log_error("%s: cannot be taken along: %s", entry->fts_path, strerror(entry->fts_errno));
        return -EIO;
    }
}

/* The next entry, or NULL; *result is set if that is no end. */
static FTSENT *next_entry(FTS *walk, const char *real, int *result)
{
    FTSENT *entry;

    errno = 0;
    entry = fts_read(walk);
    if (entry == NULL && errno != 0) {
        log_error("%s: cannot be taken along whole: %s", real, strerror(errno));
        *result = -EIO;
    }
    return entry;
}

/* A file or folder without symbolic links in its path, and all that is in it. */
static int copy_tree(struct taken *taken, char *real, const char *dest)
{
    char *const roots[] = {real, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    char path[PATH_MAX];
    int result = 0;

    if (walk == NULL) {
        log_error("%s: %s", real, strerror(errno));
        return -EIO;
    }
    for (FTSENT *entry; result == 0 && (entry = next_entry(walk, real, &result)) != NULL;) {
        if (snprintf(path, sizeof path, "%s%s", dest, entry->fts_path + strlen(real)) < PATH_MAX)
            result = copy_entry(taken, entry, path);
        else
            result = -ENAMETOOLONG;
        if (result == -ENAMETOOLONG)
            log_error("%s: %s", entry->fts_path, strerror(ENAMETOOLONG));
    }
    fts_close(walk);
    return result < 0 ? result : take_queue(taken);
}

/* The ":/" that DEST begins behind, or NULL. */
static const char *find_dest(const char *value)
{
    const char *found = NULL;

    for (const char *at = value; (at = strstr(at, ":/")) != NULL; at++)
        found = at;
    return found;
}

int taken_add_copy(struct taken *taken, const char *value)
{
    const char *dest = find_dest(value);
    char from[PATH_MAX], absolute[PATH_MAX], real[PATH_MAX], to[PATH_MAX];
    int result;

    snprintf(from, sizeof from, "%.*s", dest != NULL ? (int)(dest - value) : PATH_MAX, value);
    result = make_absolute(from, absolute);
    if (result < 0)
        return result;
    if (realpath(absolute, real) == NULL) {
        log_error("--copy %s: %s", from, strerror(errno));
        return -errno;
    }
    if (dest == NULL) {
        result = mirror_path(&taken->archive, absolute, to);
        return result < 0 ? result : copy_tree(taken, real, real);
    }
    snprintf(to, sizeof to, "%s%s", dest + 1,
             dest[strlen(dest) - 1] == '/' ? strrchr(real, '/') + 1 : "");
    result = archive_add_folders(&taken->archive, to, false);
    return result < 0 ? result : copy_tree(taken, real, to);
}
