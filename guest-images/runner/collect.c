/* SPDX-License-Identifier: BSD-2-Clause */
/* See collect.h. */
#include "guest-images/runner/collect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With a slash before each name. */
#define PATH_BYTES       (sizeof RUN_OUTPUT_FOLDER + RUN_NAME_MAX_BYTES + 1)
#define NAME_OF(path)    ((path) + sizeof RUN_OUTPUT_FOLDER)
#define PERMISSIONS_MASK 0777

static void send_name(struct channel *channel, enum run_frame_type type, mode_t mode,
                      const char *name)
{
    uint8_t payload[RUN_MODE_BYTES + RUN_NAME_MAX_BYTES];
    size_t length = strlen(name);

    payload[0] = (uint8_t)(mode & 0xff);
    payload[1] = (uint8_t)((mode & PERMISSIONS_MASK) >> 8);
    memcpy(payload + RUN_MODE_BYTES, name, length);
    channel_send(channel, type, payload, (unsigned)(RUN_MODE_BYTES + length));
}

/* RUN_SKIPPED or RUN_LOST. */
static void leave_out(struct channel *channel, enum run_frame_type type, const char *name)
{
    channel_send(channel, type, name, (unsigned)strlen(name));
}

static void send_file(struct channel *channel, const char *path, mode_t mode)
{
    uint8_t bytes[RUN_PAYLOAD_MAX_BYTES];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t count;

    if (fd < 0) {
        leave_out(channel, RUN_LOST, NAME_OF(path));
        return;
    }
    send_name(channel, RUN_FILE, mode, NAME_OF(path));
    while ((count = read(fd, bytes, sizeof bytes)) > 0)
        channel_send(channel, RUN_DATA, bytes, (unsigned)count);
    if (count < 0)
        leave_out(channel, RUN_LOST, NAME_OF(path));
    close(fd);
}

static void send_folder(struct channel *channel, char path[PATH_BYTES]);

static void send_entry(struct channel *channel, char path[PATH_BYTES])
{
    struct stat status;

    if (lstat(path, &status) != 0) {
        leave_out(channel, RUN_LOST, NAME_OF(path));
    } else if (S_ISDIR(status.st_mode)) {
        send_name(channel, RUN_DIRECTORY, status.st_mode, NAME_OF(path));
        send_folder(channel, path);
    } else if (S_ISREG(status.st_mode)) {
        send_file(channel, path, status.st_mode);
    } else {
        leave_out(channel, RUN_SKIPPED, NAME_OF(path));
    }
}

static int is_entry(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void send_folder(struct channel *channel, char path[PATH_BYTES])
{
    struct dirent **entries;
    size_t length = strlen(path);
    int count = scandir(path, &entries, is_entry, alphasort);
    int lost = count < 0 && errno != ENOENT;

    for (int i = 0; i < count; i++) {
        int added = snprintf(path + length, PATH_BYTES - length, "/%s", entries[i]->d_name);

        if ((size_t)added < PATH_BYTES - length)
            send_entry(channel, path);
        else
            lost = 1;
        path[length] = '\0';
        free(entries[i]);
    }
    if (lost)
        leave_out(channel, RUN_LOST, length < sizeof RUN_OUTPUT_FOLDER ? "" : NAME_OF(path));
    if (count >= 0)
        free(entries);
}

void collect_output(struct channel *channel)
{
    char path[PATH_BYTES] = RUN_OUTPUT_FOLDER;

    send_folder(channel, path);
}
