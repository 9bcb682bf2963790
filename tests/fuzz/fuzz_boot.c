/* SPDX-License-Identifier: BSD-2-Clause */
/* The loaders of kernels: the input is the kernel's file, for a guest with 4 MiB of memory. */
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>

#include "boot/boot.h"

#define MEMORY_BYTES (UINT64_C(4) << 20)

/* Fresh pages, so that each kernel finds zeros and what is outside of them is not mapped. */
static void map_memory(struct guest_mem *mem)
{
    guest_mem_layout(mem, MEMORY_BYTES);
    mem->regions[0].host = mmap(NULL, mem->regions[0].size_bytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mem->region_count != 1 || mem->regions[0].host == MAP_FAILED)
        fuzz_fail("no memory");
}

static void load(const struct boot_request *request)
{
    struct boot_entry entry = {0};
    struct boot_error error = {0};
    int result = boot_load(request, &entry, &error);

    if (result == 0 && guest_mem_at(request->mem, entry.rip, 1) == NULL)
        fuzz_fail("the entry is not in memory");
    if (result > 0 || (result < 0 && error.text[0] == 0))
        fuzz_fail("a failure without a message");
    if (strchr(error.text, '\n') != NULL)
        fuzz_fail("a message of two lines: %s", error.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    static const uint8_t initrd_bytes[] = {1, 2, 3};
    static const struct boot_module modules[] = {
        {{"initrd", -1, initrd_bytes, sizeof initrd_bytes}, "initrd", ""},
        {{"module", -1, initrd_bytes, 1}, "module a=1 b=2", "a=1 b=2"},
    };
    const struct boot_source kernel = {"kernel", -1, bytes, size_bytes};
    struct guest_mem mem;
    struct boot_request request = {
        .kernel = &kernel,
        .modules = modules,
        .module_count = (unsigned)(size_bytes % 3),
        .modules_are_for_linux = size_bytes % 5 == 0,
        .linux_words = "panic=-1",
        .command_line = "console=ttyS0",
        .mem = &mem,
        .rsdp_gpa = 0xe0040,
    };

    fuzz_count();
    map_memory(&mem);
    load(&request);
    munmap(mem.regions[0].host, mem.regions[0].size_bytes);
    return 0;
}
