/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a program's shared libraries are, found as its loader finds them but without running it.
 *
 * Source: ld.so(8). A name with a slash is a path. Any other is looked for in the folders of
 * DT_RPATH (if there is no DT_RUNPATH), LD_LIBRARY_PATH, DT_RUNPATH and /etc/ld.so.conf, and then
 * in those that a loader knows by itself: x86_64-linux-gnu in /lib and /usr/lib, /lib64,
 * /usr/lib64, /lib and /usr/lib. $ORIGIN and $LIB are known. A file for another machine is passed
 * over. Folders of glibc-hwcaps are not looked into: they hold faster variants of what is
 * elsewhere.
 */
#ifndef VMM_INITRAMFS_LIBRARIES_H
#define VMM_INITRAMFS_LIBRARIES_H

#include <limits.h>
#include <stdbool.h>

#include "boot/elf_needs.h"

/* The folders that do not depend on the program, with colons between them. */
#define LIBRARIES_FOLDERS_BYTES 16384

struct libraries {
    /* LD_LIBRARY_PATH; "" if it is not set. */
    const char *preferred;
    char usual[LIBRARIES_FOLDERS_BYTES];
};

/* Reads the file, ld.so.conf, and those that it includes; what cannot be read is left out. */
void libraries_read(struct libraries *libraries, const char *preferred, const char *conf_path);

/* What asks for a library: its path without symbolic links, and what it says. */
struct library_user {
    const char *path;
    const struct elf_needs *needs;
    /* The program that is started, whose DT_RPATH counts as well; NULL: this is it. */
    const struct library_user *program;
};

/* The path of the library; false if there is none. */
bool libraries_find(const struct libraries *libraries, const struct library_user *user,
                    const char *name, char path[PATH_MAX]);

/* What an ELF file needs; false if it is no program and no library. */
bool libraries_read_needs(const char *path, struct elf_needs *needs);

#endif
