/* SPDX-License-Identifier: BSD-2-Clause */
/* See escape_key.h. */
#include "vmm/host/escape_key.h"

#define CTRL_A 0x01

enum escape_action escape_parse(struct escape_key *escape, uint8_t byte)
{
    bool prefix_seen = escape->prefix_seen;

    escape->prefix_seen = !prefix_seen && byte == CTRL_A;
    if (escape->prefix_seen)
        return ESCAPE_DROP;
    if (!prefix_seen || byte == CTRL_A)
        return ESCAPE_SEND;
    switch (byte) {
    case 'x':
        return ESCAPE_END;
    case 'b':
        return ESCAPE_BREAK;
    case '?':
        return ESCAPE_HELP;
    default:
        return ESCAPE_DROP;
    }
}
