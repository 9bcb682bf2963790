/* SPDX-License-Identifier: BSD-2-Clause */
/* The decoder of NVRAM files: the input as a file, and as an image of which a file is made. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "vmm/host/nvram_file.h"

/* What is taken is what would be written. */
static void decode(const uint8_t *bytes, size_t size_bytes)
{
    uint8_t again[NVRAM_FILE_BYTES];
    struct nvram_image image;

    if (nvram_file_decode(bytes, size_bytes, &image) != NULL)
        return;
    nvram_file_encode(&image, again);
    if (size_bytes != sizeof again || memcmp(again, bytes, sizeof again) != 0)
        fuzz_fail("a file is taken that is not what its image gives");
}

static void encode(struct fuzz_input *input)
{
    struct nvram_image image = {.rtc_offset_ns = (int64_t)fuzz_take(input, 8)};
    uint8_t file[NVRAM_FILE_BYTES];
    struct nvram_image back;
    unsigned bit = (unsigned)fuzz_take(input, 2) % (8 * sizeof file);

    for (unsigned i = 0; i < sizeof image.bytes; i++)
        image.bytes[i] = (uint8_t)fuzz_take(input, 1);
    nvram_file_encode(&image, file);
    if (nvram_file_decode(file, sizeof file, &back) != NULL)
        fuzz_fail("a file that was written is refused");
    if (back.rtc_offset_ns != image.rtc_offset_ns ||
        memcmp(back.bytes, image.bytes, sizeof image.bytes) != 0)
        fuzz_fail("an image comes back different");
    file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (nvram_file_decode(file, sizeof file, &back) == NULL)
        fuzz_fail("bit %u is wrong and nobody sees it", bit);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct fuzz_input input = {bytes, size_bytes};

    fuzz_count();
    decode(bytes, size_bytes);
    encode(&input);
    return 0;
}
