/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines that a guest writes to its console, with the guest time of the first byte of each.
 *
 * The guest decides how many there are. So what is kept has a bound: a line is cut at
 * GUEST_LINE_BYTES, and once there is no room new lines are counted and not kept.
 *
 * Linux puts its own time before each line, as "[    1.234567] ". Guest time less that, at the
 * smallest, is when the kernel's clock started: a line comes out later than it says, never earlier.
 */
#ifndef TIMELAB_GUEST_LINES_H
#define TIMELAB_GUEST_LINES_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_LINES_MAX       16384
#define GUEST_LINES_MAX_BYTES (1u << 20)
/* Of one, with its NUL. */
#define GUEST_LINE_BYTES 512

struct guest_line {
    uint64_t at_ns;
    /* Into bytes; it ends in NUL. */
    uint32_t offset;
};

/* All zeros: none yet. */
struct guest_lines {
    char bytes[GUEST_LINES_MAX_BYTES];
    uint32_t used_bytes;
    struct guest_line lines[GUEST_LINES_MAX];
    unsigned count;
    uint64_t dropped;
    /* The one that is being written. */
    char current[GUEST_LINE_BYTES];
    unsigned current_length;
    uint64_t current_ns;
    bool has_boot;
    uint64_t boot_ns;
};

/* Takes a byte of the console at that guest time. True: it has ended a line that is not empty,
 * which guest_lines_last is. */
bool guest_lines_byte(struct guest_lines *lines, uint64_t now_ns, uint8_t byte);

/* What is left behind the last newline is a line too. */
void guest_lines_end(struct guest_lines *lines);

/* The line that has ended last, also if it is not kept, and its time. */
const char *guest_lines_last(const struct guest_lines *lines, uint64_t *at_ns);

const char *guest_lines_text(const struct guest_lines *lines, unsigned number);

#endif
