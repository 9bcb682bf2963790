/* SPDX-License-Identifier: BSD-2-Clause */
/* See said.h. */
#include "tests/unit/said.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define SAID_SIZE 16384

static int stderr_fd;
static FILE *file;

void said_begin(void)
{
    file = tmpfile();
    assert_non_null(file);
    stderr_fd = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
}

void said_end(void)
{
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    fclose(file);
}

const char *said(void)
{
    static char text[SAID_SIZE];
    size_t size;

    rewind(file);
    size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    assert_int_equal(ftruncate(fileno(file), 0), 0);
    lseek(fileno(file), 0, SEEK_SET);
    return text;
}
