/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest sends on COM2 while it is traced: any bytes. A set that is taken can be sent again.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "base/sample_stream.h"

static void send_again(const struct sample_set *set)
{
    struct sample_stream sender = {.length = 0}, receiver = {.length = 0};
    enum sample_line_kind kind = SAMPLE_OTHER;
    char bytes[SAMPLE_LINE_BYTES + 2];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    sample_stream_add_set(&sender, set, &text);
    for (size_t i = 0; i < text.length_bytes; i++)
        kind = sample_stream_take(&receiver, (uint8_t)bytes[i]);
    if (text.cut || kind != SAMPLE_SET || memcmp(&receiver.last, set, sizeof *set) != 0)
        fuzz_fail("a set is read differently");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct sample_stream stream = {.length = 0};

    for (size_t i = 0; i < size_bytes; i++) {
        enum sample_line_kind kind = sample_stream_take(&stream, bytes[i]);

        fuzz_count();
        if (kind == SAMPLE_SET)
            send_again(&stream.last);
        if ((kind == SAMPLE_CLOCKSOURCE || kind == SAMPLE_MESSAGE) &&
            strlen(stream.line + SAMPLE_TEXT_AT) >= SAMPLE_LINE_BYTES - SAMPLE_TEXT_AT)
            fuzz_fail("a text that is too long");
    }
    return 0;
}
