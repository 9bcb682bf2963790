/* SPDX-License-Identifier: BSD-2-Clause */
/* See clone_paths.h. */
#include "vmm/cmd/clone_paths.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "vmm/host/host_options.h"
#include "vmm/host/log.h"
#include "vmm/host/unix_socket.h"

#define NUMBER_WORD "%n"

/* False if there is no room. */
static bool expand(const char *path, unsigned number, char expanded[static PATH_MAX])
{
    struct text text;

    text_init(&text, expanded, PATH_MAX);
    for (const char *at; (at = strstr(path, NUMBER_WORD)) != NULL; path = at + strlen(NUMBER_WORD))
        text_add(&text, "%.*s%u", (int)(at - path), path, number);
    text_add(&text, "%s", path);
    return !text.cut;
}

static bool is_shareable(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

struct path {
    /* As the user writes it before the path. */
    const char *option;
    /* NULL or "": there is none. */
    const char *path;
    size_t max_length;
    bool may_be_shared;
};

static bool check(const struct path *path, unsigned clone_count)
{
    char expanded[PATH_MAX];

    if (path->path == NULL || *path->path == '\0')
        return true;
    if (strstr(path->path, NUMBER_WORD) == NULL &&
        !(path->may_be_shared && is_shareable(path->path))) {
        log_error("%s%s is the same for all clones; with --clones put %%n, the number of the "
                  "clone, into the name",
                  path->option, path->path);
        return false;
    }
    if (expand(path->path, clone_count, expanded) && strlen(expanded) <= path->max_length)
        return true;
    log_error("%s%s: for clone %u the name is too long", path->option, path->path, clone_count);
    return false;
}

/* A disk that is only read may be that of all. */
static bool check_disk(const struct disk_choice *disk, unsigned clone_count)
{
    const struct path path = {"--disk ", disk->path, sizeof disk->path - 1, false};

    return (disk->is_read_only && strstr(disk->path, NUMBER_WORD) == NULL) ||
           check(&path, clone_count);
}

bool clone_paths_check(const struct host_options *host, unsigned clone_count)
{
    const struct path paths[] = {
        {"--console file:", host->console == CONSOLE_FILE ? host->console_path : NULL, PATH_MAX,
         true},
        {"--report ", host->report_path, PATH_MAX, true},
        {"--trace ", host->trace_path, PATH_MAX, false},
        {"--serial2 unix:", host->serial2_path, UNIX_SOCKET_MAX_PATH, false},
        {"--control ", host->control_path, UNIX_SOCKET_MAX_PATH, false},
        {"--snapshot-at file=", host->snapshot_at.path, PATH_MAX, false},
        {"--rtc nvram=", host->rtc_nvram_path, PATH_MAX, false},
    };
    bool fits = true;

    for (size_t i = 0; fits && i < sizeof paths / sizeof paths[0]; i++)
        fits = check(&paths[i], clone_count);
    for (unsigned i = 0; fits && i < host->disk_count; i++)
        fits = check_disk(&host->disks[i], clone_count);
    return fits;
}

static void set_here(char path[static PATH_MAX], unsigned number)
{
    char expanded[PATH_MAX];

    expand(path, number, expanded);
    strcpy(path, expanded);
}

static void set(const char **path, unsigned number, char expanded[static PATH_MAX])
{
    if (*path == NULL)
        return;
    expand(*path, number, expanded);
    *path = expanded;
}

void clone_paths_set(struct host_options *host, unsigned number)
{
    static char console[PATH_MAX], report[PATH_MAX], serial2[PATH_MAX], control[PATH_MAX];
    static char trace[PATH_MAX];

    set(&host->console_path, number, console);
    set(&host->report_path, number, report);
    set(&host->trace_path, number, trace);
    set(&host->serial2_path, number, serial2);
    set(&host->control_path, number, control);
    set_here(host->snapshot_at.path, number);
    set_here(host->rtc_nvram_path, number);
    for (unsigned i = 0; i < host->disk_count; i++)
        set_here(host->disks[i].path, number);
}
