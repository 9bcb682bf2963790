/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that a guest sends, below a folder of the host. The guest is not trusted: whoever calls has
 * checked that names are relative and lead nowhere but down (run_name_decode), and here nothing
 * that is there already is written to, and no symbolic link is followed.
 *
 * The bytes have a limit, to which each file and folder adds some. What does not fit, and what
 * cannot be written, is left out; the first time a line says so. Main thread; it waits for the
 * disk.
 */
#ifndef VMM_HOST_OUTPUT_TREE_H
#define VMM_HOST_OUTPUT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a file or a folder costs of the limit, beside its bytes. */
#define OUTPUT_TREE_ENTRY_BYTES 4096

struct output_tree {
    const char *path;
    int folder_fd;
    /* The file that is written; -1: none. */
    int file_fd;
    uint64_t left_bytes;
    /* Something was left out. */
    bool incomplete;
};

/*
 * Makes the folder, or takes one that is empty. The path has to stay. 0, or -errno after an error
 * line.
 */
int output_tree_open(struct output_tree *tree, const char *path, uint64_t limit_bytes);

/* Makes a folder, in one that is there. Its owner may always use it. */
void output_tree_add_folder(struct output_tree *tree, const char *name, unsigned permissions);

/* Begins a file; what was begun before is closed. */
void output_tree_add_file(struct output_tree *tree, const char *name, unsigned permissions);

/* Adds to the file; nothing if there is none. */
void output_tree_write(struct output_tree *tree, const uint8_t *bytes, size_t count);

/* Something is not there, or not whole: the first time a line says so. */
void output_tree_leave_out(struct output_tree *tree, const char *name, const char *why);

/* False if something was left out. */
bool output_tree_close(struct output_tree *tree);

#endif
