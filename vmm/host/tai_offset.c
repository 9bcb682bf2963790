/* SPDX-License-Identifier: BSD-2-Clause */
/* See tai_offset.h. */
#include "vmm/host/tai_offset.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "vmm/host/file.h"
#include "vmm/host/log.h"

/* Tens of times as long as it is. */
#define LIST_MAX_BYTES (UINT64_C(1) << 20)
/* What it was in 1972. Less is no offset that anybody has set. */
#define FIRST_OFFSET_SEC 10

/* NULL, or in *error what is wrong. */
static char *read_file(const char *path, const char **error)
{
    uint64_t size_bytes;
    size_t got_bytes;
    int fd = file_open(path, LIST_MAX_BYTES, &size_bytes, error);
    char *text;

    if (fd < 0)
        return NULL;
    text = file_read_all(fd, size_bytes, LIST_MAX_BYTES, &got_bytes, error);
    close(fd);
    return text;
}

/* Returns what is wrong; NULL if nothing is. */
static const char *read_list(struct leap_list *list, const char *path)
{
    const char *error = NULL;
    char *text = read_file(path, &error);
    bool parsed;

    if (text == NULL)
        return error;
    parsed = leap_list_parse(list, text);
    free(text);
    if (parsed)
        return NULL;
    list->count = 0;
    return "it is no leap-seconds.list";
}

static int open_users(struct tai_offset *offset, const char *path, uint64_t utc_sec)
{
    const char *error = read_list(&offset->list, path);

    if (error != NULL) {
        log_error("--tai-offset: %s: %s", path, error);
        return -EINVAL;
    }
    if (offset->list.expires_sec <= utc_sec)
        log_note("--tai-offset: %s has expired: there may have been leap seconds that it does not "
                 "know of; get a newer one",
                 path);
    return 0;
}

static void open_systems(struct tai_offset *offset, uint64_t utc_sec)
{
    if (read_list(&offset->list, TAI_OFFSET_LIST_PATH) == NULL &&
        offset->list.expires_sec <= utc_sec) {
        log_info("%s has expired: it is not used", TAI_OFFSET_LIST_PATH);
        offset->list.count = 0;
    }
}

int tai_offset_open(struct tai_offset *offset, const struct tai_offset_choice *choice,
                    uint64_t utc_sec)
{
    struct host_ntp ntp;

    host_ntp_read(&ntp);
    *offset = (struct tai_offset){
        .source = choice->source, .sec = choice->sec, .kernel_sec = ntp.tai_offset_sec};
    if (choice->source == TAI_OFFSET_LIST)
        return open_users(offset, choice->path, utc_sec);
    if (choice->source == TAI_OFFSET_UNSAID && ntp.tai_offset_sec < FIRST_OFFSET_SEC)
        open_systems(offset, utc_sec);
    return 0;
}

/* The kernel's changes by one at a leap second, and by more when an NTP client sets it. */
static void follow_leap(struct tai_offset *offset, int16_t kernel_sec)
{
    int change = kernel_sec - offset->kernel_sec;

    if (change == 1 || change == -1)
        offset->sec = (int16_t)(offset->sec + change);
    offset->kernel_sec = kernel_sec;
}

bool tai_offset_at(struct tai_offset *offset, uint64_t utc_sec, const struct host_ntp *ntp,
                   int16_t *sec)
{
    bool in_leap = ntp->leap == VMCLOCK_LEAP_POS;

    follow_leap(offset, ntp->tai_offset_sec);
    if (offset->source == TAI_OFFSET_NUMBER) {
        *sec = offset->sec;
        return true;
    }
    if (offset->list.count > 0)
        return leap_list_offset(&offset->list, utc_sec + in_leap, sec);
    if (ntp->tai_offset_sec < FIRST_OFFSET_SEC)
        return false;
    *sec = ntp->tai_offset_sec;
    return true;
}
