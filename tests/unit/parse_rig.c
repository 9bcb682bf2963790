/* SPDX-License-Identifier: BSD-2-Clause */
/* See parse_rig.h. */
#include "tests/unit/parse_rig.h"

#include <string.h>

#include "tests/unit/unit.h"

struct parsed parse(const char *words)
{
    static char text[256];
    char *argv[PARSE_RIG_MAX_ARGS + 1] = {"minivmm"};
    struct parsed parsed = {0};
    int argc = 1;

    assert_true(strlen(words) < sizeof text);
    strcpy(text, words);
    for (char *rest = text; rest != NULL && *words != '\0';) {
        assert_true(argc < PARSE_RIG_MAX_ARGS);
        argv[argc++] = strsep(&rest, "|");
    }
    parsed.verdict = options_parse(argc, argv, &parsed.options, parsed.error, sizeof parsed.error);
    return parsed;
}

struct options parse_good(const char *words)
{
    struct parsed parsed = parse(words);

    assert_string_equal(parsed.error, "");
    assert_int_equal(parsed.verdict, OPTIONS_RUN);
    if (!machine_config_validate(&parsed.options.config, parsed.error, sizeof parsed.error))
        fail_msg("%s: %s", words, parsed.error);
    return parsed.options;
}
