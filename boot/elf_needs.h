/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an ELF program or library needs to be started: its interpreter, and the libraries that it
 * names. Read by libelf; nothing is run.
 *
 * Source: System V ABI, chapter 5, dynamic section. Pure, but for reads of the source.
 */
#ifndef BOOT_ELF_NEEDS_H
#define BOOT_ELF_NEEDS_H

#include <stdbool.h>

#include "boot/source.h"

#define ELF_NEEDS_TEXT_BYTES 16384
#define ELF_NEEDS_PATH_BYTES 4096

struct elf_needs {
    /* A library fits a program if both are the same. */
    uint8_t elf_class;
    uint16_t machine;
    /* PT_INTERP; empty: there is none. */
    char interpreter[ELF_NEEDS_PATH_BYTES];
    /* DT_RPATH and DT_RUNPATH: folders with colons between them; empty: there is none. */
    char rpath[ELF_NEEDS_PATH_BYTES];
    char runpath[ELF_NEEDS_PATH_BYTES];
    /* DT_NEEDED: names, each with its NUL, so many bytes in all. */
    char needed[ELF_NEEDS_TEXT_BYTES];
    unsigned needed_bytes;
};

/*
 * Reads what an executable or a shared library needs. False if the source is neither, or damaged,
 * or names more than there is room for.
 */
bool elf_needs_read(const struct boot_source *source, struct elf_needs *needs);

/* The name behind `name`, or the first one of NULL; NULL: there are no more. */
const char *elf_needs_next(const struct elf_needs *needs, const char *name);

#endif
