/* SPDX-License-Identifier: BSD-2-Clause */
/* See check_print.h. */
#include "vmm/cmd/check_print.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/result.h"
#include "check/result_read.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

int check_print(const json_t *results, enum format format)
{
    size_t capacity_bytes = FORMAT_FRAME_BYTES + FORMAT_RESULT_BYTES * json_array_size(results);
    char *bytes = malloc(capacity_bytes);
    struct text text;
    int status = EXIT_STATUS_OK;

    if (bytes == NULL) {
        log_error("out of memory");
        return EXIT_STATUS_HOST_ERROR;
    }
    text_init(&text, bytes, capacity_bytes);
    format_write(format, results, &text);
    if (fputs(bytes, stdout) == EOF || fflush(stdout) != 0) {
        log_error("stdout: %s", strerror(errno));
        status = EXIT_STATUS_HOST_ERROR;
    }
    free(bytes);
    return status;
}

int check_print_status(const json_t *results)
{
    return results_count_failed(results) == 0 ? EXIT_STATUS_OK : EXIT_STATUS_CHECK_FAILED;
}

/* The whole file into *bytes, which the caller frees. Its size, or -1 with errno. */
static ssize_t read_all(int fd, char **bytes)
{
    off_t size_bytes = lseek(fd, 0, SEEK_END);

    *bytes = NULL;
    if (size_bytes < 0)
        return -1;
    if (size_bytes > RESULT_READ_MAX_BYTES) {
        errno = EFBIG;
        return -1;
    }
    *bytes = malloc((size_t)size_bytes + 1);
    return *bytes != NULL ? pread(fd, *bytes, (size_t)size_bytes, 0) : -1;
}

static int merge_file(const char *path, json_t *results)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    char *bytes = NULL;
    ssize_t size_bytes = fd >= 0 ? read_all(fd, &bytes) : -1;
    char error[128] = "";
    int result = 0;

    if (size_bytes < 0)
        snprintf(error, sizeof error, "%s", strerror(errno));
    if (size_bytes < 0 ||
        result_read(bytes, (size_t)size_bytes, results, error, sizeof error) != 0) {
        log_error("--merge %s: %s", path, error);
        result = -1;
    }
    free(bytes);
    if (fd >= 0)
        close(fd);
    return result;
}

/* What there is has been written; a part that is missing must not look like one that is well. */
static int check_merge_status(const json_t *results)
{
    char error[128];

    if (results_are_whole(results, error, sizeof error))
        return check_print_status(results);
    log_error("--merge: %s", error);
    return EXIT_STATUS_HOST_ERROR;
}

int check_merge(char **paths, unsigned count, enum format format)
{
    json_t *results = json_array();
    int status = EXIT_STATUS_OK;

    for (unsigned i = 0; i < count && status == EXIT_STATUS_OK; i++)
        if (merge_file(paths[i], results) != 0)
            status = EXIT_STATUS_HOST_ERROR;
    if (status == EXIT_STATUS_OK)
        status = check_print(results, format);
    if (status == EXIT_STATUS_OK)
        status = check_merge_status(results);
    json_decref(results);
    return status;
}
