/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF files as boot images: what their headers say, checked, and their segments in guest memory.
 * The headers are read by libelf, the segments straight from the file to where they belong.
 *
 * Sources: System V ABI, chapters 4 and 5; Xen's public/elfnote.h for the note of an image that has
 * a PVH entry.
 */
#ifndef BOOT_ELF_IMAGE_H
#define BOOT_ELF_IMAGE_H

#include <stdbool.h>

#include "boot/place.h"

/* libelf's. */
struct Elf;

/* A Linux vmlinux has five. */
#define ELF_IMAGE_MAX_SEGMENTS 32

struct elf_segment {
    /* Index of its program header, for error lines. */
    unsigned index;
    /* Physical addresses, as p_paddr says. */
    struct place_span span;
    uint64_t virtual_start;
    uint64_t offset_bytes;
    /* The rest of the span is zeros. */
    uint64_t file_bytes;
};

struct elf_image {
    bool is_64;
    /* Of the ELF header. */
    uint64_t entry;
    /* It asks for a dynamic linker, or a note says for which operating system it is. */
    bool is_program;
    /* A note is Linux's own: every Linux since 4.19 has one. */
    bool is_linux;
    /* Of the note XEN_ELFNOTE_PHYS32_ENTRY. */
    bool has_pvh_entry;
    uint64_t pvh_entry_gpa;
    /*
     * Those with PT_LOAD and a size. A segment that begins with the file's headers is without them
     * if they would lie where no image may.
     */
    struct elf_segment segments[ELF_IMAGE_MAX_SEGMENTS];
    unsigned segment_count;
};

/*
 * libelf's handle of a file or of bytes, whatever is in them, for elf_end; NULL if it takes none.
 * It reads them only, so they stay as they are while the handle is used.
 */
struct Elf *elf_image_open(const struct boot_source *source);

/* Whether a file that starts with these bytes says that it is an ELF file. */
bool elf_image_detect(const uint8_t *head, uint64_t size_bytes);

/*
 * Reads and checks the headers of an executable for 32-bit or 64-bit x86. 0, or a negative errno
 * with *error filled in, here and below.
 */
int elf_image_read(const struct boot_source *source, struct elf_image *image,
                   struct boot_error *error);

/* Loads the segments of the request's kernel. Stores where the highest one ends. */
int elf_image_load(const struct boot_request *request, const struct elf_image *image,
                   uint64_t *end_gpa, struct boot_error *error);

/*
 * Stores the physical address of `entry`, which is one itself if a segment has it, and else a
 * virtual address that a segment has.
 */
int elf_image_find_entry(const struct boot_request *request, const struct elf_image *image,
                         uint64_t entry, uint64_t *entry_gpa, struct boot_error *error);

#endif
