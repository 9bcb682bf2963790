/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_tool.h. */
#include "vmm/cmd/snapshot_tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vmm/cmd/options.h"
#include "vmm/cmd/snapshot_diff.h"
#include "vmm/cmd/snapshot_info.h"
#include "vmm/host/log.h"
#include "vmm/host/snapshot_file.h"
#include "vmm/machine/exit_status.h"

static int print(const struct text *text, int status)
{
    if (fputs(text->bytes, stdout) != EOF && fflush(stdout) == 0)
        return status;
    log_error("stdout: %s", strerror(errno));
    return EXIT_STATUS_HOST_ERROR;
}

static int info(const struct snapshot_file *file, bool json)
{
    static char bytes[SNAPSHOT_INFO_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    snapshot_info_write(file, json, &text);
    return print(&text, EXIT_STATUS_OK);
}

/* That a file is whole is said in one word; that it is not has been said. */
static int verify(const struct snapshot_file *file, bool json)
{
    static char bytes[64];
    struct text text;

    if (snapshot_file_verify(file) < 0)
        return EXIT_STATUS_HOST_ERROR;
    text_init(&text, bytes, sizeof bytes);
    text_add(&text, json ? "{\n \"whole\": true\n}\n" : "whole\n");
    return print(&text, EXIT_STATUS_OK);
}

static int diff(const struct snapshot_file *file, const char *other_path, bool json)
{
    static char bytes[SNAPSHOT_DIFF_BYTES];
    struct snapshot_file other;
    bool differ = false;
    struct text text;
    int result;

    if (snapshot_file_open(&other, other_path) < 0)
        return EXIT_STATUS_HOST_ERROR;
    text_init(&text, bytes, sizeof bytes);
    result = snapshot_diff_write(file, &other, json, &differ, &text);
    snapshot_file_close(&other);
    if (result < 0)
        return EXIT_STATUS_HOST_ERROR;
    return print(&text, differ ? EXIT_STATUS_SNAPSHOTS_DIFFER : EXIT_STATUS_OK);
}

int snapshot_tool_run(const struct options *options)
{
    const struct snapshot_options *snapshot = &options->snapshot;
    struct snapshot_file file;
    int status = EXIT_STATUS_HOST_ERROR;

    if (snapshot_file_open(&file, snapshot->paths[0]) < 0)
        return status;
    switch (snapshot->action) {
    case SNAPSHOT_INFO:
        status = info(&file, options->json);
        break;
    case SNAPSHOT_VERIFY:
        status = verify(&file, options->json);
        break;
    case SNAPSHOT_DIFF:
        status = diff(&file, snapshot->paths[1], options->json);
        break;
    }
    snapshot_file_close(&file);
    return status;
}
