/* SPDX-License-Identifier: BSD-2-Clause */
/* See option_value.h. */
#include "vmm/cmd/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
