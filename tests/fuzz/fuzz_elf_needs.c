/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program says that it needs: any bytes are read or refused, and the names are whole. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "boot/elf_needs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    const struct boot_source source = {"input", -1, bytes, size_bytes};
    static struct elf_needs needs;
    unsigned read_bytes = 0;

    fuzz_count();
    if (!elf_needs_read(&source, &needs))
        return 0;
    for (const char *name = NULL; (name = elf_needs_next(&needs, name)) != NULL;)
        read_bytes += (unsigned)strlen(name) + 1;
    if (read_bytes != needs.needed_bytes || needs.needed_bytes > sizeof needs.needed)
        fuzz_fail("names of %u bytes in %u", read_bytes, needs.needed_bytes);
    return 0;
}
