/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc_options.h. */
#include "vmm/cmd/rtc_options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * timegm turns the 30th of February into the 1st or 2nd of March: such a date is refused. Whether a
 * machine may start at a date that exists is not for here; one before 1970 is a very late one.
 */
static bool parse_date(const char *text, uint64_t *seconds)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    struct tm date = {0}, normal;

    for (size_t i = 0; i < sizeof shape; i++)
        if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
            return false;
    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &date.tm_year, &date.tm_mon, &date.tm_mday,
           &date.tm_hour, &date.tm_min, &date.tm_sec);
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    normal = date;
    *seconds = (uint64_t)timegm(&normal);
    return normal.tm_mon == date.tm_mon && normal.tm_mday == date.tm_mday &&
           normal.tm_hour == date.tm_hour && normal.tm_min == date.tm_min &&
           normal.tm_sec == date.tm_sec;
}

static bool apply_base(struct options *options, const char *value)
{
    options->config.rtc_start_sec = 0;
    if (strcmp(value, "utc") == 0)
        options->config.rtc_base = RTC_BASE_UTC;
    else if (strcmp(value, "localtime") == 0)
        options->config.rtc_base = RTC_BASE_LOCALTIME;
    else if (parse_date(value, &options->config.rtc_start_sec))
        options->config.rtc_base = RTC_BASE_FIXED;
    else
        return false;
    return true;
}

static bool apply_clock(struct options *options, const char *value)
{
    options->config.rtc_follows_host = strcmp(value, "host") == 0;
    return options->config.rtc_follows_host || strcmp(value, "vm") == 0;
}

static bool apply_nvram(struct options *options, const char *value)
{
    strcpy(options->host.rtc_nvram_path, value);
    return *value != '\0';
}

/* What follows the key in a word; NULL if the word has another key. */
static const char *value_of(const char *word, const char *key)
{
    size_t length = strlen(key);

    return strncmp(word, key, length) == 0 ? word + length : NULL;
}

static bool apply_word(struct options *options, const char *word)
{
    const char *value;

    if ((value = value_of(word, "base=")) != NULL)
        return apply_base(options, value);
    if ((value = value_of(word, "clock=")) != NULL)
        return apply_clock(options, value);
    if ((value = value_of(word, "nvram=")) != NULL)
        return apply_nvram(options, value);
    return false;
}

bool rtc_options_apply(struct options *options, const char *value)
{
    char word[sizeof options->host.rtc_nvram_path];

    for (;;) {
        const char *end = strchrnul(value, ',');
        size_t length = (size_t)(end - value);

        if (length >= sizeof word)
            return false;
        memcpy(word, value, length);
        word[length] = '\0';
        if (!apply_word(options, word))
            return false;
        if (*end == '\0')
            return true;
        value = end + 1;
    }
}
