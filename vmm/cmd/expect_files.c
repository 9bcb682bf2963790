/* SPDX-License-Identifier: BSD-2-Clause */
/* See expect_files.h. */
#include "vmm/cmd/expect_files.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/cmd/check_options.h"
#include "vmm/cmd/options.h"
#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define MAX_BYTES 65536

/* NULL after an error line. */
static char *read_file(const char *path)
{
    const char *error;
    char *text = NULL;
    uint64_t size_bytes;
    size_t got_bytes;
    int fd = file_open(path, MAX_BYTES, &size_bytes, &error);

    if (fd >= 0) {
        text = file_read_all(fd, size_bytes, MAX_BYTES, &got_bytes, &error);
        close(fd);
    }
    if (text != NULL && strlen(text) != got_bytes) {
        error = "there is a NUL byte in it";
        free(text);
        text = NULL;
    }
    if (text == NULL)
        log_error("--expect @%s: %s", path, error);
    return text;
}

bool expect_files_read(struct options *options)
{
    struct check_options *check = &options->check;
    char error[OPTIONS_ERROR_SIZE];

    if (!check_options_expect_later(options))
        return true;
    for (unsigned i = 0; i < check->expect_count; i++) {
        if (check->expect_texts[i][0] != CHECK_OPTIONS_FILE)
            continue;
        check->expect_files[i] = read_file(check->expect_texts[i] + 1);
        if (check->expect_files[i] == NULL)
            return false;
    }
    if (check_options_expect(options, error, sizeof error))
        return true;
    log_error("%s", error);
    return false;
}

void expect_files_forget(struct options *options)
{
    struct check_options *check = &options->check;

    for (unsigned i = 0; i < check->expect_count; i++) {
        free(check->expect_files[i]);
        check->expect_files[i] = NULL;
    }
}
