/* SPDX-License-Identifier: BSD-2-Clause */
/* See rtc_options.h. */
#include "vmm/cmd/rtc_options.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/calendar.h"
#include "vmm/cmd/option_value.h"

static const char *const completions[] = {
    "base=utc", "base=localtime", "clock=vm", "clock=host", "nvram=FILE", NULL,
};

/* The text ends there, or a comma follows. */
static bool has_date_shape(const char *text)
{
    static const char shape[] = "dddd-dd-ddTdd:dd:dd";
    size_t length = strlen(shape);

    for (size_t i = 0; i < length; i++)
        if (shape[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
            return false;
    return text[length] == '\0' || text[length] == ',';
}

/*
 * timegm turns the 30th of February into the 1st or 2nd of March: such a date is refused. Whether a
 * machine may start at a date that exists is not for here; one before 1970 is a very late one.
 */
static bool date_exists(const char *text, uint64_t *seconds)
{
    struct tm date = {0}, normal;

    if (!has_date_shape(text))
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

bool rtc_options_parse_date(const char *text, uint64_t *seconds)
{
    return strchr(text, ',') == NULL && date_exists(text, seconds);
}

static unsigned number_at(const char *text, unsigned from, unsigned digits)
{
    unsigned number = 0;

    for (unsigned i = from; i < from + digits; i++)
        number = 10 * number + (unsigned)(text[i] - '0');
    return number;
}

/* The part of a date at which no machine starts; NULL: there is none. */
static const char *date_fault(const char *text)
{
    uint64_t seconds;

    if (!has_date_shape(text))
        return "a date is YYYY-MM-DDTHH:MM:SS";
    if (number_at(text, 0, 4) < 1970 || number_at(text, 0, 4) > 2199)
        return "the year is not from 1970 to 2199";
    if (number_at(text, 5, 2) < 1 || number_at(text, 5, 2) > 12)
        return "the month is not from 01 to 12";
    if (number_at(text, 11, 2) > 23)
        return "the hour is not from 00 to 23";
    if (number_at(text, 14, 2) > 59)
        return "the minute is not from 00 to 59";
    if (number_at(text, 17, 2) == 60)
        return "an RTC has no leap seconds; give second 59, or 00 of the next minute";
    if (number_at(text, 17, 2) > 59)
        return "the second is not from 00 to 59";
    return date_exists(text, &seconds) ? NULL : "the month has no such day";
}

static bool apply_base(struct options *options, const char *value)
{
    options->config.rtc_start_sec = 0;
    if (strcmp(value, "utc") == 0)
        options->config.rtc_base = RTC_BASE_UTC;
    else if (strcmp(value, "localtime") == 0)
        options->config.rtc_base = RTC_BASE_LOCALTIME;
    else if (rtc_options_parse_date(value, &options->config.rtc_start_sec))
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

static bool apply_word(struct options *options, const char *word)
{
    if (option_value_skip(&word, "base="))
        return apply_base(options, word);
    if (option_value_skip(&word, "clock="))
        return apply_clock(options, word);
    if (option_value_skip(&word, "nvram="))
        return apply_nvram(options, word);
    return false;
}

/* Of the first date that is none. */
static const char *fault(const char *value)
{
    for (const char *word = value; word != NULL; word = strchr(word, ',')) {
        const char *found = NULL;

        word += *word == ',';
        if (option_value_skip(&word, "base=") && isdigit((unsigned char)*word))
            found = date_fault(word);
        if (found != NULL)
            return found;
    }
    return NULL;
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

static void add_date(uint64_t epoch_sec, struct text *text)
{
    const struct calendar_time date = calendar_from_sec((int64_t)epoch_sec);

    text_add(text, "base=%04" PRId64 "-%02u-%02uT%02u:%02u:%02u", date.year, date.month, date.day,
             date.hour, date.minute, date.second);
}

static void add_base(const struct machine_config *config, struct text *value)
{
    if (config->rtc_base == RTC_BASE_UTC)
        text_add(value, "base=utc");
    else if (config->rtc_base == RTC_BASE_LOCALTIME)
        text_add(value, "base=localtime");
    else if (config->rtc_base == RTC_BASE_FIXED)
        add_date(config->rtc_start_sec, value);
}

static const char *comma_behind(const struct text *value)
{
    return value->length_bytes > 0 ? "," : "";
}

static void print(const struct options *options, struct text *text)
{
    char bytes[PATH_MAX + 64];
    struct text value;

    text_init(&value, bytes, sizeof bytes);
    add_base(&options->config, &value);
    if (options->config.rtc_follows_host)
        text_add(&value, "%sclock=host", comma_behind(&value));
    if (options->host.rtc_nvram_path[0] != '\0')
        text_add(&value, "%snvram=%s", comma_behind(&value), options->host.rtc_nvram_path);
    if (value.length_bytes == 0)
        return;
    text_add(text, "--rtc ");
    text_add_shell_word(text, bytes);
}

static const struct option_row rows[] = {
    {
        .name = "rtc",
        .value = "WORDS",
        .help = "base=utc|localtime|YYYY-MM-DDTHH:MM:SS,clock=vm|host,\n"
                "nvram=FILE (keeps memory and date from run to run)",
        .accepted = "base=utc, base=localtime or base=YYYY-MM-DDTHH:MM:SS with a date that "
                    "exists from 1970 to 2199 and seconds up to 59, clock=vm or clock=host, and "
                    "nvram=FILE; with commas between them "
                    "and none in FILE",
        .words = completions,
        .apply = rtc_options_apply,
        .fault = fault,
        .print = print,
        .print_rank = 10,
    },
};

const struct option_table rtc_option_table = OPTION_TABLE(rows);
