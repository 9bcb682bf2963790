/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest of run-test sends: any bytes are frames, however they are cut, or a damaged stream.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/run_stream.h"

static void check_name(const struct run_frame *frame, bool has_mode)
{
    char name[RUN_NAME_MAX_BYTES + 1];
    unsigned mode = 0;

    if (!run_name_decode(frame, has_mode ? &mode : NULL, name))
        return;
    if (name[0] == '/' || name[0] == '\0' || strcmp(name, "..") == 0 ||
        strncmp(name, "../", 3) == 0 || strstr(name, "/../") != NULL || strstr(name, "//") != NULL)
        fuzz_fail("a name that leads out of its folder is taken: %s", name);
    if (mode > 0777)
        fuzz_fail("permissions %o are taken", mode);
}

static void check_frame(const struct run_frame *frame)
{
    struct run_end end;

    if (frame->length_bytes > RUN_PAYLOAD_MAX_BYTES)
        fuzz_fail("a frame has %u bytes", frame->length_bytes);
    switch (frame->type) {
    case RUN_FILE:
    case RUN_DIRECTORY:
        check_name(frame, true);
        break;
    case RUN_SKIPPED:
    case RUN_LOST:
        check_name(frame, false);
        break;
    case RUN_END:
        if (run_end_decode(frame, &end) && (unsigned)run_end_status(&end) > 255)
            fuzz_fail("a status of %d", run_end_status(&end));
        break;
    default:
        break;
    }
}

/* Adds the frames up to a number that stands for all of them. */
static uint64_t decode(const uint8_t *bytes, size_t count, size_t piece)
{
    struct run_decoder decoder = {.count = 0};
    uint64_t sum = 0;
    size_t at = 0;

    while (at < count) {
        size_t given = piece < count - at ? piece : count - at;
        struct run_frame frame;
        size_t taken = run_decoder_take(&decoder, bytes + at, given, &frame);

        if (taken == 0 || taken > given)
            fuzz_fail("%zu of %zu bytes are taken", taken, given);
        at += taken;
        if (frame.type == RUN_NONE)
            continue;
        check_frame(&frame);
        sum = sum * 31 + frame.type;
        for (unsigned i = 0; i < frame.length_bytes; i++)
            sum = sum * 31 + frame.payload[i];
    }
    return sum * 2 + decoder.damaged;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    fuzz_count();
    if (size_bytes > 0 && decode(bytes + 1, size_bytes - 1, size_bytes) !=
                              decode(bytes + 1, size_bytes - 1, bytes[0] % 64 + 1))
        fuzz_fail("the frames depend on how the bytes come");
    return 0;
}
