/* SPDX-License-Identifier: BSD-2-Clause */
/* See fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t operation_count;

static void report(void)
{
    fprintf(stderr, "operations: %" PRIu64 "\n", operation_count);
}

void fuzz_count(void)
{
    if (operation_count++ == 0)
        atexit(report);
}

void fuzz_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("fuzz: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    abort();
}

uint64_t fuzz_take(struct fuzz_input *input, unsigned size_bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size_bytes && input->left > 0; i++, input->left--)
        value |= (uint64_t)*input->bytes++ << 8 * i;
    return value;
}
