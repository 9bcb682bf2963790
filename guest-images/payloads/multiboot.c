/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Multiboot 1, sections 3.2 and 3.3 of specification 0.6.96: machine state and information. The
 * command line is the image's name and memory=MIB word=end; with modules=2 between, there are two
 * modules, this image and one with the word x=1.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/payload32.h"
#include "guest-images/payloads/lib/text.h"

#define HEADER_MAGIC 0x1badb002
#define ALIGN_MEMORY 3
#define LOADER_MAGIC 0x2badb002
#define HAS_MEMORY   (1u << 0)
#define HAS_CMDLINE  (1u << 2)
#define HAS_MODULES  (1u << 3)
#define HAS_MMAP     (1u << 6)
#define HAS_LOADER   (1u << 9)
#define WANTED       (HAS_MEMORY | HAS_CMDLINE | HAS_MMAP | HAS_LOADER)
#define MAX_RANGES   16

const uint32_t multiboot_header[3] __attribute__((section(".entry.header"), aligned(4))) = {
    HEADER_MAGIC, ALIGN_MEMORY, -(HEADER_MAGIC + ALIGN_MEMORY)};

struct information {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr, drives[2], config_table, boot_loader_name;
};

struct module {
    uint32_t start, end, string, reserved;
};

struct __attribute__((packed)) mmap_entry {
    uint32_t size;
    uint64_t addr, length;
    uint32_t type;
};

static unsigned read_map(const struct information *info, struct memory_range *ranges)
{
    uint32_t end = info->mmap_addr + info->mmap_length;
    unsigned count = 0;

    for (uint32_t at = info->mmap_addr; at < end && count < MAX_RANGES; count++) {
        const struct mmap_entry *entry = (const struct mmap_entry *)at;

        ranges[count] = (struct memory_range){entry->addr, entry->length, entry->type};
        at += entry->size + (uint32_t)sizeof entry->size;
    }
    return count;
}

/* The built-in initrd is for Linux alone. */
static void check_modules(const struct information *info, bool wanted)
{
    const struct module *module = (const struct module *)info->mods_addr;

    check_equal("the flag of modules", info->flags & HAS_MODULES, wanted ? HAS_MODULES : 0);
    check_equal("the number of modules", info->mods_count, wanted ? 2 : 0);
    if (!wanted)
        return;
    for (unsigned i = 0; i < 2; i++, module++) {
        char magic[4] = "";

        check_equal("a module has pages of its own", module->start % 4096, 0);
        memcpy(magic, (const char *)module->start + 1, 3);
        check_text("it is the file that was named", magic, "ELF");
        check("its text begins with the file's name",
              *(const char *)module->string != 'x' && *(const char *)module->string != '\0');
        check_equal("the word of the second one",
                    text_find_value((const char *)module->string, "x") != NULL, i);
    }
}

void payload_main(uint32_t eax, uint32_t ebx)
{
    const struct information *info = (const struct information *)ebx;
    const char *command_line = (const char *)info->cmdline;
    struct memory_range ranges[MAX_RANGES];
    const char *memory, *word;
    uint32_t memory_mib;

    check_equal("EAX is the loader's magic", eax, LOADER_MAGIC);
    check_protected_mode();
    check_equal("the information says what it has", info->flags & WANTED, WANTED);
    memory = text_find_value(command_line, "memory");
    word = text_find_value(command_line, "word");
    check("the command line has arrived", memory != NULL && word != NULL);
    check("its first word is the image's name", command_line[0] != ' ' && command_line != memory);
    check("what Linux is told is not in it", text_find_value(command_line, "console") == NULL);
    check_text("it ends where it ended", word, "end");
    memory_mib = text_number(memory);
    check_equal("639 KiB of lower memory", info->mem_lower, 639);
    check_equal("upper memory is all from 1 MiB", info->mem_upper, (memory_mib - 1) << 10);
    check_memory_map(ranges, read_map(info, ranges), memory_mib);
    check_text("the loader's name", (const char *)info->boot_loader_name, "minivmm");
    check_modules(info, text_find_value(command_line, "modules") != NULL);
    check_done();
}
