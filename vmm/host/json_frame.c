/* SPDX-License-Identifier: BSD-2-Clause */
/* See json_frame.h. */
#include "vmm/host/json_frame.h"

#define NO_BYTE_OF_UTF8 0xff

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
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
    else if (byte == '{' || byte == '[')
        frame->depth++;
    else if (byte == '}' || byte == ']')
        frame->depth--;
}

enum json_frame_verdict json_frame_take(struct json_frame *frame, uint8_t byte)
{
    bool between = frame->depth == 0;

    if (between && is_space(byte))
        return JSON_FRAME_BETWEEN;
    if ((between && byte != '{') || (byte < ' ' && !is_space(byte)) || byte == NO_BYTE_OF_UTF8) {
        *frame = (struct json_frame){0};
        return JSON_FRAME_BAD;
    }
    if (frame->in_string)
        take_in_string(frame, byte);
    else
        take_outside(frame, byte);
    return frame->depth == 0 ? JSON_FRAME_END : JSON_FRAME_INSIDE;
}
