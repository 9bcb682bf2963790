/* SPDX-License-Identifier: BSD-2-Clause */
/* See text.h. */
#include "guest-images/payloads/lib/text.h"

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile char *)to)[i] = ((const char *)from)[i];
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile char *)to)[i] = (char)byte;
    return to;
}

bool text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b)
        a++, b++;
    return *a == *b;
}

/* What follows the prefix, or NULL if the text does not begin with it. */
static const char *after_prefix(const char *text, const char *prefix)
{
    while (*prefix != '\0')
        if (*text++ != *prefix++)
            return NULL;
    return text;
}

const char *text_find_value(const char *command_line, const char *key)
{
    bool at_word = true;

    for (const char *c = command_line; *c != '\0'; c++) {
        const char *value = at_word ? after_prefix(c, key) : NULL;

        if (value != NULL && *value == '=')
            return value + 1;
        at_word = *c == ' ';
    }
    return NULL;
}

uint32_t text_number(const char *text)
{
    uint32_t number = 0;

    while (*text >= '0' && *text <= '9')
        number = 10 * number + (uint32_t)(*text++ - '0');
    return number;
}

uint32_t text_number_for(const char *command_line, const char *key, unsigned n)
{
    char name[16];
    size_t length = 0;
    const char *value;

    while (key[length] != '\0') {
        name[length] = key[length];
        length++;
    }
    name[length] = (char)('0' + n);
    name[length + 1] = '\0';
    value = text_find_value(command_line, name);
    if (value == NULL)
        value = text_find_value(command_line, key);
    return value != NULL ? text_number(value) : 0;
}
