/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PVH: machine state and start info, as Xen's docs/misc/pvh.pandoc and start_info.h have them. The
 * command line is memory=MIB word=end. There are two modules, ELF files; the second has the words
 * x=1.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/payload32.h"
#include "guest-images/payloads/lib/text.h"

#define START_MAGIC       0x336ec578
#define NOTE_PHYS32_ENTRY 18
#define MAX_RANGES        16

void entry(void);

const struct {
    uint32_t name_bytes, desc_bytes, type;
    char name[4];
    void (*entry)(void);
} pvh_note __attribute__((section(".note.pvh"), aligned(4))) = {4, sizeof(uint32_t),
                                                                NOTE_PHYS32_ENTRY, "Xen", entry};

struct start_info {
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist, cmdline, rsdp, memmap;
    uint32_t memmap_entries, reserved;
};

struct module {
    uint64_t start, size, cmdline, reserved;
};

struct memmap_entry {
    uint64_t addr, size;
    uint32_t type, reserved;
};

static void *at(uint64_t gpa)
{
    return (void *)(uint32_t)gpa;
}

static unsigned read_map(const struct start_info *info, struct memory_range *ranges)
{
    const struct memmap_entry *entries = at(info->memmap);
    unsigned count = info->memmap_entries < MAX_RANGES ? info->memmap_entries : MAX_RANGES;

    for (unsigned i = 0; i < count; i++)
        ranges[i] = (struct memory_range){entries[i].addr, entries[i].size, entries[i].type};
    return count;
}

void payload_main(uint32_t eax, uint32_t ebx)
{
    const struct start_info *info = (const struct start_info *)ebx;
    const struct module *module = at(info->modlist);
    struct memory_range ranges[MAX_RANGES];
    const char *memory = text_find_value(at(info->cmdline), "memory");
    const char *word = text_find_value(at(info->cmdline), "word");
    char magic[9] = "";

    (void)eax;
    check_equal("EBX points to the start info", info->magic, START_MAGIC);
    check_protected_mode();
    check_equal("version 1, with a memory map", info->version, 1);
    check("the command line has arrived", memory != NULL && word != NULL);
    check_text("it ends where it ended", word, "end");
    check_memory_map(ranges, read_map(info, ranges), text_number(memory));
    memcpy(magic, at(info->rsdp), 8);
    check_text("the RSDP is where it says", magic, "RSD PTR ");
    check("what Linux is told is not in it", text_find_value(at(info->cmdline), "console") == NULL);
    check_equal("there are two modules", info->nr_modules, 2);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(magic, (const char *)at(module[i].start) + 1, 3);
        magic[3] = '\0';
        check_text("a module is the file that was named", magic, "ELF");
    }
    check_equal("the first has no words", module[0].cmdline, 0);
    check_text("the second has", at(module[1].cmdline), "x=1");
    check_done();
}
