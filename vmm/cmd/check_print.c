/* SPDX-License-Identifier: BSD-2-Clause */
/* See check_print.h. */
#include "vmm/cmd/check_print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/result.h"
#include "check/result_read.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"
#include "vmm/machine/exit_status.h"

#define FIRST_BYTES ((size_t)64 * 1024)

/*
 * The results in a format; the caller frees it. NULL: no memory. Most are far shorter than the
 * longest can be, so room is made as it is needed.
 */
static char *format_all(const json_t *results, enum format format)
{
    size_t most_bytes = FORMAT_FRAME_BYTES + FORMAT_RESULT_BYTES * json_array_size(results);
    size_t capacity_bytes = FIRST_BYTES < most_bytes ? FIRST_BYTES : most_bytes;
    char *bytes = NULL;
    struct text text;

    do {
        char *more = realloc(bytes, capacity_bytes);

        if (more == NULL) {
            free(bytes);
            return NULL;
        }
        bytes = more;
        text_init(&text, bytes, capacity_bytes);
        format_write(format, results, &text);
        capacity_bytes *= 2;
    } while (text.cut && capacity_bytes <= 2 * most_bytes);
    return bytes;
}

/* GitHub Actions names the file of a step's summary, to which Markdown is added. */
static int add_github_summary(const json_t *results)
{
    const char *path = getenv("GITHUB_STEP_SUMMARY");
    char *bytes;
    int result;

    if (path == NULL || *path == '\0')
        return EXIT_STATUS_OK;
    bytes = format_all(results, FORMAT_MARKDOWN);
    result = bytes != NULL ? file_append(path, bytes, strlen(bytes)) : -ENOMEM;
    free(bytes);
    if (result == 0)
        return EXIT_STATUS_OK;
    log_error("$GITHUB_STEP_SUMMARY %s: %s", path, strerror(-result));
    return EXIT_STATUS_HOST_ERROR;
}

int check_print(const json_t *results, enum format format)
{
    char *bytes = format_all(results, format);
    int status = EXIT_STATUS_OK;

    if (bytes == NULL) {
        log_error("out of memory");
        return EXIT_STATUS_HOST_ERROR;
    }
    if (fputs(bytes, stdout) == EOF || fflush(stdout) != 0) {
        log_error("stdout: %s", strerror(errno));
        status = EXIT_STATUS_HOST_ERROR;
    }
    free(bytes);
    return format == FORMAT_GITHUB && status == EXIT_STATUS_OK ? add_github_summary(results)
                                                               : status;
}

int check_print_status(const json_t *results)
{
    return results_count_failed(results) == 0 ? EXIT_STATUS_OK : EXIT_STATUS_CHECK_FAILED;
}

static int merge_file(const char *path, json_t *results)
{
    char reason[128];
    const char *error = reason;
    char *bytes = NULL;
    uint64_t file_bytes;
    size_t size_bytes;
    int fd = file_open(path, RESULT_READ_MAX_BYTES, &file_bytes, &error);
    int result = -1;

    if (fd >= 0) {
        bytes = file_read_all(fd, file_bytes, RESULT_READ_MAX_BYTES, &size_bytes, &error);
        close(fd);
    }
    if (bytes != NULL)
        result = result_read(bytes, size_bytes, results, reason, sizeof reason);
    if (result != 0)
        log_error("--merge %s: %s", path, error);
    free(bytes);
    return result != 0 ? -1 : 0;
}

/* What there is has been written; a part that is missing must not look like one that is well. */
static int check_merge_status(const json_t *results)
{
    char error[128] = "there is no result in what was given";

    if (json_array_size(results) > 0 && results_are_whole(results, error, sizeof error))
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
