/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_stream.h. */
#include "base/run_stream.h"

#include <errno.h>
#include <string.h>

#define MODE_BITS 0777

#define STATUS_OF_SIGNAL     128
#define STATUS_CANNOT_RUN    126
#define STATUS_NOT_FOUND     127
#define STATUS_MAX           255
#define BITS_OF_BYTE         8
#define LEAST_SIGNIFICANT(v) ((uint8_t)((v)&0xff))

static unsigned get_16(const uint8_t *bytes)
{
    return bytes[0] | (unsigned)bytes[1] << BITS_OF_BYTE;
}

static void put_16(uint8_t *bytes, unsigned value)
{
    bytes[0] = LEAST_SIGNIFICANT(value);
    bytes[1] = LEAST_SIGNIFICANT(value >> BITS_OF_BYTE);
}

static bool type_is_known(uint8_t type)
{
    static const char known[] = {RUN_BEGUN,   RUN_STDOUT,    RUN_STDERR, RUN_WANT_INPUT,
                                 RUN_INPUT,   RUN_DIRECTORY, RUN_FILE,   RUN_DATA,
                                 RUN_SKIPPED, RUN_LOST,      RUN_END};

    return memchr(known, type, sizeof known) != NULL;
}

void run_frame_put_head(uint8_t head[RUN_FRAME_HEAD_BYTES], enum run_frame_type type,
                        unsigned length_bytes)
{
    head[0] = (uint8_t)type;
    put_16(head + 1, length_bytes);
}

/* How many bytes the frame has, as far as is known. */
static unsigned frame_bytes(const struct run_decoder *decoder)
{
    return decoder->count < RUN_FRAME_HEAD_BYTES
               ? RUN_FRAME_HEAD_BYTES
               : RUN_FRAME_HEAD_BYTES + get_16(decoder->bytes + 1);
}

static bool head_is_good(const struct run_decoder *decoder)
{
    return type_is_known(decoder->bytes[0]) && get_16(decoder->bytes + 1) <= RUN_PAYLOAD_MAX_BYTES;
}

/* Takes what is missing of the head, or of the whole frame. */
static size_t take_part(struct run_decoder *decoder, const uint8_t *bytes, size_t count)
{
    unsigned missing = frame_bytes(decoder) - decoder->count;
    unsigned taken = count < missing ? (unsigned)count : missing;

    memcpy(decoder->bytes + decoder->count, bytes, taken);
    decoder->count += taken;
    if (decoder->count == RUN_FRAME_HEAD_BYTES && !head_is_good(decoder))
        decoder->damaged = true;
    return taken;
}

size_t run_decoder_take(struct run_decoder *decoder, const uint8_t *bytes, size_t count,
                        struct run_frame *frame)
{
    size_t taken = 0;

    *frame = (struct run_frame){.type = RUN_NONE};
    while (!decoder->damaged && taken < count) {
        taken += take_part(decoder, bytes + taken, count - taken);
        if (decoder->damaged || decoder->count != frame_bytes(decoder))
            continue;
        *frame = (struct run_frame){decoder->bytes[0], decoder->bytes + RUN_FRAME_HEAD_BYTES,
                                    decoder->count - RUN_FRAME_HEAD_BYTES};
        decoder->count = 0;
        return taken;
    }
    return count;
}

void run_end_encode(const struct run_end *end, uint8_t payload[RUN_END_BYTES])
{
    payload[0] = (uint8_t)end->how;
    put_16(payload + 1, end->value);
}

bool run_end_decode(const struct run_frame *frame, struct run_end *end)
{
    if (frame->length_bytes != RUN_END_BYTES || frame->payload[0] > RUN_NOT_STARTED)
        return false;
    *end = (struct run_end){frame->payload[0], get_16(frame->payload + 1)};
    return end->value <= (end->how == RUN_SIGNALED ? STATUS_MAX - STATUS_OF_SIGNAL : STATUS_MAX);
}

int run_end_status(const struct run_end *end)
{
    if (end->how == RUN_EXITED)
        return (int)end->value;
    if (end->how == RUN_SIGNALED)
        return STATUS_OF_SIGNAL + (int)end->value;
    return end->value == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN;
}

/* Each part of the name is that of something in the folder before it. */
static bool name_is_below(const char *name)
{
    while (*name != '\0') {
        size_t length = strcspn(name, "/");

        if (length == 0 || (length == 1 && name[0] == '.') ||
            (length == 2 && name[0] == '.' && name[1] == '.'))
            return false;
        name += length;
        if (*name == '/' && *++name == '\0')
            return false;
    }
    return true;
}

bool run_name_decode(const struct run_frame *frame, unsigned *mode,
                     char name[RUN_NAME_MAX_BYTES + 1])
{
    unsigned before = mode != NULL ? RUN_MODE_BYTES : 0;
    unsigned length;

    if (frame->length_bytes <= before || frame->length_bytes - before > RUN_NAME_MAX_BYTES)
        return false;
    length = frame->length_bytes - before;
    if (mode != NULL)
        *mode = get_16(frame->payload) & MODE_BITS;
    memcpy(name, frame->payload + before, length);
    name[length] = '\0';
    return strlen(name) == length && name_is_below(name);
}
