/* SPDX-License-Identifier: BSD-2-Clause */
/* See request.h. */
#include "boot/request.h"

#include <stdarg.h>
#include <stdio.h>

int boot_fail(struct boot_error *error, int errno_value, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    return -errno_value;
}
