/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `minivmm run-test` takes along into the guest: a program, the libraries or the interpreter
 * that it needs, and files and folders besides. Everything has the path that it has here, unless
 * another one is asked for. Nothing is run to find out what a program needs, so what it opens by
 * itself (dlopen, files) has to be named.
 *
 * Functions return 0, or -errno after one error line. Main thread.
 */
#ifndef VMM_INITRAMFS_TAKEN_H
#define VMM_INITRAMFS_TAKEN_H

#include <limits.h>

#include "vmm/initramfs/archive.h"
#include "vmm/initramfs/libraries.h"

struct taken_path;

struct taken {
    struct archive archive;
    struct libraries libraries;
    /* Files that are to be looked at, last one first. */
    struct taken_path *queue;
    /* What is in the queue has to be there: the program needs it, not something beside it. */
    bool strict;
    /* The program, whose RPATH counts for its libraries too; the path is NULL before it is known.
     */
    struct library_user program;
    struct elf_needs program_needs;
    char program_path[PATH_MAX];
};

/* preferred is LD_LIBRARY_PATH, or "". taken_close undoes it. */
int taken_open(struct taken *taken, uint64_t limit_bytes, const char *preferred);
void taken_close(struct taken *taken);

/*
 * Takes a program by its name: a path, or what is found in the folders of `folders`, which is PATH.
 * Stores the absolute path that it is run by.
 */
int taken_add_program(struct taken *taken, const char *name, const char *folders,
                      char path[PATH_MAX]);

/*
 * FILE or FILE:DEST of --copy: a file, or a folder with all that is in it; DEST is absolute. A
 * program among them brings its libraries.
 */
int taken_add_copy(struct taken *taken, const char *value);

#endif
