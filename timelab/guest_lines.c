/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest_lines.h. */
#include "timelab/guest_lines.h"

#include <string.h>

#include "base/time_math.h"

#define MICROS_DIGITS 6

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads "[    1.234567]", the kernel's time. */
static bool kernel_time(const char *line, uint64_t *time_ns)
{
    uint64_t seconds = 0, micros = 0;
    const char *at = line + 1;
    unsigned digits = 0;

    if (*line != '[')
        return false;
    at += strspn(at, " ");
    for (; is_digit(*at) && digits < 9; at++, digits++)
        seconds = seconds * 10 + (uint64_t)(*at - '0');
    if (digits == 0 || *at++ != '.')
        return false;
    for (digits = 0; is_digit(*at) && digits < MICROS_DIGITS; at++, digits++)
        micros = micros * 10 + (uint64_t)(*at - '0');
    *time_ns = seconds * NS_PER_SEC + micros * 1000;
    return digits == MICROS_DIGITS && *at == ']';
}

static void look_at_time(struct guest_lines *lines)
{
    uint64_t kernel_ns;

    if (!kernel_time(lines->current, &kernel_ns) || kernel_ns > lines->current_ns)
        return;
    if (!lines->has_boot || lines->current_ns - kernel_ns < lines->boot_ns)
        lines->boot_ns = lines->current_ns - kernel_ns;
    lines->has_boot = true;
}

static void keep(struct guest_lines *lines)
{
    uint32_t size_bytes = lines->current_length + 1;

    if (lines->count == GUEST_LINES_MAX || size_bytes > GUEST_LINES_MAX_BYTES - lines->used_bytes) {
        lines->dropped++;
        return;
    }
    lines->lines[lines->count++] = (struct guest_line){lines->current_ns, lines->used_bytes};
    memcpy(lines->bytes + lines->used_bytes, lines->current, size_bytes);
    lines->used_bytes += size_bytes;
}

/* False: it is empty. */
static bool end_line(struct guest_lines *lines)
{
    if (lines->current_length == 0)
        return false;
    lines->current[lines->current_length] = '\0';
    look_at_time(lines);
    keep(lines);
    lines->current_length = 0;
    return true;
}

bool guest_lines_byte(struct guest_lines *lines, uint64_t now_ns, uint8_t byte)
{
    if (byte == '\n')
        return end_line(lines);
    if (byte == '\r' || lines->current_length == GUEST_LINE_BYTES - 1)
        return false;
    if (lines->current_length == 0)
        lines->current_ns = now_ns;
    lines->current[lines->current_length++] = byte >= ' ' && byte <= '~' ? (char)byte : '?';
    return false;
}

void guest_lines_end(struct guest_lines *lines)
{
    end_line(lines);
}

const char *guest_lines_last(const struct guest_lines *lines, uint64_t *at_ns)
{
    *at_ns = lines->current_ns;
    return lines->current;
}

const char *guest_lines_text(const struct guest_lines *lines, unsigned number)
{
    return lines->bytes + lines->lines[number].offset;
}
