/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds where a JSON object ends in a stream of bytes, one byte after another: QMP's peers need not
 * put anything between two objects, nor a newline behind one.
 *
 * It counts braces and brackets and knows strings; an array is framed like an object. Whether it is
 * right JSON, and an object, is for the parser to say that gets it. Bad is what cannot be in any:
 * a byte other than white space before "{" or "["; 0xfe and 0xff; in a string any control
 * character, elsewhere those that are no white space. After a bad byte the frame is as at the
 * start, which is how a client gets its peer into a known state (QEMU, docs/interop/qmp-spec,
 * "Forcing the JSON parser into known-good state").
 *
 * What follows a bad byte is skipped up to where an object can begin again: json_frame_may_begin.
 * QEMU's lexer (qobject/json-lexer.c, IN_RECOVERY) does so, too.
 *
 * Pure.
 */
#ifndef VMM_HOST_JSON_FRAME_H
#define VMM_HOST_JSON_FRAME_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed it is between two objects. */
struct json_frame {
    uint32_t depth;
    bool in_string;
    /* The byte before was a backslash in a string. */
    bool escaped;
};

enum json_frame_verdict {
    JSON_FRAME_BETWEEN, /* the byte is white space between two objects */
    JSON_FRAME_INSIDE,  /* it belongs to an object */
    JSON_FRAME_END,     /* it is the object's last one */
    JSON_FRAME_BAD,     /* neither it nor what came of the object is one */
};

enum json_frame_verdict json_frame_take(struct json_frame *frame, uint8_t byte);

/* Whether a byte behind a bad one is to be taken again: it begins an object, or ends the line. */
bool json_frame_may_begin(uint8_t byte);

#endif
