/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs by name, and what a script says it is run by. */
#ifndef VMM_INITRAMFS_SCRIPT_H
#define VMM_INITRAMFS_SCRIPT_H

#include <limits.h>
#include <stdbool.h>

struct script {
    char interpreter[PATH_MAX];
    /* If that is env: the program that it starts, "" if there is none in PATH. */
    char program[PATH_MAX];
};

/* False unless the file begins with "#!" and a path. */
bool script_read(const char *path, struct script *script);

/* A program by its name, in folders with colons between them as PATH has; with a slash it is a path
 * itself. False if there is none. */
bool script_find_program(const char *name, const char *folders, char path[PATH_MAX]);

#endif
