/* SPDX-License-Identifier: BSD-2-Clause */
/* See snapshot_at_options.h. */
#include "vmm/cmd/snapshot_at_options.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/option_value.h"
#include "vmm/cmd/run_options.h"

#define FILE_WORD ",file="
#define THEN_WORD ",then="

/* By enum snapshot_then. */
static const char *const thens[] = {"go", "stop", "quit", NULL};

bool snapshot_then_parse(const char *word, uint8_t *then)
{
    return option_value_word(thens, word, then);
}

/* The last place of word in text; NULL: it is not there. */
static char *find_last(char *text, const char *word)
{
    char *last = NULL;

    for (char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        last = at;
    return last;
}

/* Cuts the text off before the word, and returns what is behind it; NULL: the word is not there. */
static char *cut_off(char *text, const char *word)
{
    char *at = find_last(text, word);

    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + strlen(word);
}

static bool apply_when(struct snapshot_at *at, const char *when)
{
    at->pattern[0] = '\0';
    if (!option_value_skip(&when, "boot:"))
        return run_options_parse_seconds(when, &at->guest_ns);
    if (*when == '\0' || strlen(when) >= sizeof at->pattern)
        return false;
    strcpy(at->pattern, when);
    return true;
}

static bool apply_snapshot_at(struct options *options, const char *value)
{
    struct snapshot_at *at = &options->host.snapshot_at;
    char words[sizeof at->path + sizeof at->pattern + 32];
    char *then, *path;

    at->then = 0;
    if (strlen(value) >= sizeof words)
        return false;
    strcpy(words, value);
    then = cut_off(words, THEN_WORD);
    if (then != NULL && !snapshot_then_parse(then, &at->then))
        return false;
    path = cut_off(words, FILE_WORD);
    if (path == NULL || *path == '\0' || strlen(path) >= sizeof at->path)
        return false;
    strcpy(at->path, path);
    return apply_when(at, words);
}

static const struct option_row rows[] = {
    {
        .name = "snapshot-at",
        .value = "WHEN,file=FILE",
        .help = "save after seconds, or at boot:REGEX",
        .accepted =
            "SECONDS,file=FILE or boot:REGEX,file=FILE, and then=go, then=stop or then=quit",
        .apply = apply_snapshot_at,
    },
};

const struct option_table snapshot_at_option_table = OPTION_TABLE(rows);
