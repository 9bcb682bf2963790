/* SPDX-License-Identifier: BSD-2-Clause */
/* See report_file.h. */
#include "tests/unit/report_file.h"

#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *report_file_load(const char *name)
{
    char path[128];
    char *bytes = calloc(1, REPORT_READ_MAX_BYTES);
    FILE *file;

    snprintf(path, sizeof path, "tests/unit/reports/%s.json", name);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(bytes);
    assert_true(fread(bytes, 1, REPORT_READ_MAX_BYTES - 1, file) > 0);
    fclose(file);
    return bytes;
}

struct report *report_file_read(const char *name)
{
    static struct report report;
    char *bytes = report_file_load(name);
    char error[256] = "";

    assert_int_equal(report_read(bytes, strlen(bytes), &report, error, sizeof error), REPORT_READ);
    free(bytes);
    return &report;
}
