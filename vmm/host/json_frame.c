/* SPDX-License-Identifier: BSD-2-Clause */
/* See json_frame.h. */
#include "vmm/host/json_frame.h"

/* From here on none of UTF-8. */
#define NO_BYTE_OF_UTF8 0xfe

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool begins(uint8_t byte)
{
    return byte == '{' || byte == '[';
}

static void take_in_string(struct json_frame *frame, uint8_t byte)
{
    if (frame->escaped)
        frame->escaped = false;
    else if (byte == '\\')
        frame->escaped = true;
    else if (byte == '"')
        frame->in_string = false;
}

static void take_outside(struct json_frame *frame, uint8_t byte)
{
    if (byte == '"')
        frame->in_string = true;
    else if (begins(byte))
        frame->depth++;
    else if (byte == '}' || byte == ']')
        frame->depth--;
}

bool json_frame_may_begin(uint8_t byte)
{
    return begins(byte) || byte == '\n';
}

static bool is_bad(const struct json_frame *frame, uint8_t byte)
{
    if (frame->depth == 0)
        return !begins(byte);
    return byte >= NO_BYTE_OF_UTF8 || (byte < ' ' && (frame->in_string || !is_space(byte)));
}

enum json_frame_verdict json_frame_take(struct json_frame *frame, uint8_t byte)
{
    if (frame->depth == 0 && is_space(byte))
        return JSON_FRAME_BETWEEN;
    if (is_bad(frame, byte)) {
        *frame = (struct json_frame){0};
        return JSON_FRAME_BAD;
    }
    if (frame->in_string)
        take_in_string(frame, byte);
    else
        take_outside(frame, byte);
    return frame->depth == 0 ? JSON_FRAME_END : JSON_FRAME_INSIDE;
}
