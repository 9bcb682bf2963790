/* SPDX-License-Identifier: BSD-2-Clause */
/* The state in which the 64-bit boot protocol of Linux enters a kernel, and its zero page. */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define CR0_PE_PG    0x80000001
#define CR4_PAE      0x20
#define MSR_EFER     0xc0000080
#define EFER_LME_LMA 0x500
#define RFLAGS_IF    0x200
#define BOOT_CS      0x10
#define BOOT_DS      0x18
#define E820_RAM     1
#define KERNEL_GPA   0x100000
#define FOUR_GIB     0x100000000
#define CPIO_MAGIC   "070701"

/* Offsets in struct boot_params: Linux Documentation/arch/x86/zero-page.rst. */
enum {
    RSDP_ADDR = 0x070,
    E820_ENTRIES = 0x1e8,
    HEADER_MAGIC = 0x202,
    TYPE_OF_LOADER = 0x210,
    RAMDISK_IMAGE = 0x218,
    RAMDISK_SIZE = 0x21c,
    E820_TABLE = 0x2d0,
};

struct __attribute__((packed)) e820_entry {
    uint64_t addr, size;
    uint32_t type;
};

static uint32_t field32(const uint8_t *zero_page, unsigned offset)
{
    return *(const uint32_t *)(zero_page + offset);
}

static void check_cpu(void)
{
    uint64_t cr0, cr4, rflags;
    uint16_t cs, ds, es, ss;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("pushfq; popq %0" : "=r"(rflags));
    __asm__ volatile("movw %%cs, %0" : "=r"(cs));
    __asm__ volatile("movw %%ds, %0" : "=r"(ds));
    __asm__ volatile("movw %%es, %0" : "=r"(es));
    __asm__ volatile("movw %%ss, %0" : "=r"(ss));
    check_equal("CR0 has PE and PG", cr0 & CR0_PE_PG, CR0_PE_PG);
    check_equal("CR4 has PAE", cr4 & CR4_PAE, CR4_PAE);
    check_equal("EFER has LME and LMA", msr_read(MSR_EFER) & EFER_LME_LMA, EFER_LME_LMA);
    check_equal("interrupts are off", rflags & RFLAGS_IF, 0);
    check_equal("CS is __BOOT_CS", cs, BOOT_CS);
    check_equal("DS is __BOOT_DS", ds, BOOT_DS);
    check_equal("ES is __BOOT_DS", es, BOOT_DS);
    check_equal("SS is __BOOT_DS", ss, BOOT_DS);
}

static bool ranges_ascend(const struct e820_entry *table, unsigned count)
{
    for (unsigned i = 1; i < count; i++)
        if (table[i].addr < table[i - 1].addr + table[i - 1].size)
            return false;
    return true;
}

static uint64_t ram_bytes(const struct e820_entry *table, unsigned count)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < count; i++)
        if (table[i].type == E820_RAM)
            sum += table[i].size;
    return sum;
}

/* Where the last 8 bytes of RAM below 4 GiB are. */
static uintptr_t last_low_ram(const struct e820_entry *table, unsigned count)
{
    uint64_t last = KERNEL_GPA;

    for (unsigned i = 0; i < count; i++)
        if (table[i].type == E820_RAM && table[i].addr + table[i].size <= FOUR_GIB)
            last = table[i].addr + table[i].size - sizeof(uint64_t);
    return last;
}

/* The low MiB has a hole, and a reserved range for EBDA and ACPI tables. */
static void check_memory_map(const uint8_t *zero_page, uint64_t memory_bytes)
{
    const struct e820_entry *table = (const struct e820_entry *)(zero_page + E820_TABLE);
    unsigned count = zero_page[E820_ENTRIES];
    volatile uint64_t *last = (volatile uint64_t *)last_low_ram(table, count);

    check_range("the memory map has entries", count, 3, 128);
    check("the memory map ascends without overlaps", ranges_ascend(table, count));
    check_range("it holds all RAM but the hole below 1 MiB", ram_bytes(table, count),
                memory_bytes - 0x80000, memory_bytes);
    *last = 0x0123456789abcdef;
    check_equal("the last RAM below 4 GiB keeps what is written", *last, 0x0123456789abcdef);
}

static void check_images(const uint8_t *zero_page)
{
    const char *ramdisk = (const char *)(uintptr_t)field32(zero_page, RAMDISK_IMAGE);
    const char *rsdp = (const char *)(uintptr_t)field32(zero_page, RSDP_ADDR);
    char magic[9] = "";

    check("the initrd is above the kernel", (uintptr_t)ramdisk > KERNEL_GPA);
    check("the initrd has a size", field32(zero_page, RAMDISK_SIZE) > sizeof CPIO_MAGIC);
    memcpy(magic, ramdisk, sizeof CPIO_MAGIC - 1);
    check_text("the initrd is the one built in", magic, CPIO_MAGIC);
    memcpy(magic, rsdp, 8);
    check_text("acpi_rsdp_addr is that of the RSDP", magic, "RSD PTR ");
}

/* memory= is in MiB; word= is not a word that means anything. */
void payload_main(const uint8_t *zero_page)
{
    const char *command_line = payload_command_line(zero_page);
    const char *memory = text_find_value(command_line, "memory");
    const char *word = text_find_value(command_line, "word");

    check_cpu();
    check_equal("the header's magic is HdrS", field32(zero_page, HEADER_MAGIC), 0x53726448);
    check("the loader has a type", zero_page[TYPE_OF_LOADER] != 0);
    check("the command line has arrived", memory != NULL && word != NULL);
    check_text("the command line ends where it ended", word, "end");
    check_memory_map(zero_page, (uint64_t)text_number(memory) << 20);
    check_images(zero_page);
    check_done();
}
