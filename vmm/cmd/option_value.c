/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_value.h. */
#include "vmm/cmd/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIB_SHIFT 20

const char *const option_value_file_words[] = {"FILE", NULL};

bool option_value_number(const char **text, uint64_t max, uint64_t *number)
{
    char *end;

    /* strtoull would take a sign or spaces. */
    if (!isdigit((unsigned char)**text))
        return false;
    errno = 0;
    *number = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0 && *number <= max;
}

/* The power of two that a suffix of sizes stands for; 0 if it is none. */
static unsigned size_suffix_shift(char suffix)
{
    switch (suffix) {
    case 'K':
    case 'k':
        return 10;
    case 'M':
    case 'm':
        return 20;
    case 'G':
    case 'g':
        return 30;
    default:
        return 0;
    }
}

bool option_value_size(const char *value, uint64_t *bytes)
{
    uint64_t count;
    unsigned shift;

    if (!option_value_number(&value, UINT64_MAX, &count))
        return false;
    shift = *value == '\0' ? MIB_SHIFT : size_suffix_shift(*value);
    if (shift == 0 || (*value != '\0' && value[1] != '\0') || count > UINT64_MAX >> shift)
        return false;
    *bytes = count << shift;
    return true;
}

bool option_value_skip(const char **text, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(*text, word, length) != 0)
        return false;
    *text += length;
    return true;
}

bool option_value_word(const char *const *words, const char *value, uint8_t *place)
{
    for (uint8_t i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], value) == 0) {
            *place = i;
            return true;
        }
    return false;
}
