/* SPDX-License-Identifier: BSD-2-Clause */
/* Patterns for lines of the guest: what they match, what is refused, and that none can cost. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "timelab/pattern.h"
#include "timelab/pattern_program.h"

static const char *why_not(struct pattern *pattern, const char *text)
{
    static char bytes[128];
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    return pattern_open(pattern, text, &error) ? NULL : bytes;
}

static void assert_matches(const char *text, const char *line, bool expected)
{
    struct pattern pattern = {0};
    const char *wrong = why_not(&pattern, text);

    if (wrong != NULL)
        fail_msg("'%s': %s", text, wrong);
    if (pattern_matches(&pattern, line) != expected)
        fail_msg("'%s' %s '%s'", text, expected ? "does not match" : "matches", line);
    pattern_close(&pattern);
}

static void assert_refused(const char *text, const char *wrong)
{
    struct pattern pattern = {0};
    const char *said = why_not(&pattern, text);

    assert_non_null(said);
    assert_string_equal(said, wrong);
    assert_false(pattern.is_open);
}

static void a_pattern_matches_a_part_of_the_line(void **unused)
{
    (void)unused;
    assert_matches("clocksource", "[ 1.0] clocksource: tsc", true);
    assert_matches("clocksource", "[ 1.0] clocksourc", false);
    assert_matches("a.c", "xabc", true);
    assert_matches("a.c", "ac", false);
    assert_matches("a\\.c", "abc", false);
    assert_matches("a\\.c", "a.c", true);
    assert_matches("\\{\\[\\\\", "{[\\", true);
    assert_matches("a}]", "a}]", true);
}

static void ends_of_the_line_are_found(void **unused)
{
    (void)unused;
    assert_matches("^ab", "abc", true);
    assert_matches("^ab", "cab", false);
    assert_matches("ab$", "cab", true);
    assert_matches("ab$", "abc", false);
    assert_matches("^$", "", true);
    assert_matches("^$", "a", false);
    assert_matches("^(a|b$)", "bb", false);
    assert_matches("(^.)+$", "ab", false);
    assert_matches("a^b|b$a", "a^b$a", false);
}

static void parts_come_as_often_as_is_said(void **unused)
{
    (void)unused;
    assert_matches("^ab*c$", "ac", true);
    assert_matches("^ab*c$", "abbbc", true);
    assert_matches("^ab+c$", "ac", false);
    assert_matches("^ab+c$", "abbc", true);
    assert_matches("^ab?c$", "abc", true);
    assert_matches("^ab?c$", "abbc", false);
    assert_matches("^(ab)+$", "abab", true);
    assert_matches("^(ab)+$", "aba", false);
    assert_matches("^(a*)+b$", "aab", true);
    assert_matches("^a+?b$", "b", true);
    assert_matches("^()*a$", "a", true);
}

static void one_of_several_matches(void **unused)
{
    (void)unused;
    assert_matches("^(tsc|hpet|acpi_pm)$", "hpet", true);
    assert_matches("^(tsc|hpet|acpi_pm)$", "acpi_pm", true);
    assert_matches("^(tsc|hpet|acpi_pm)$", "tschpet", false);
    assert_matches("^a|b$", "ax", true);
    assert_matches("^(a||b)c$", "c", true);
    assert_matches("^((a|b)*|c)+d$", "abcbd", true);
}

static void sets_have_ranges_and_classes(void **unused)
{
    (void)unused;
    assert_matches("^[0-9a-f]+$", "7f", true);
    assert_matches("^[0-9a-f]+$", "7g", false);
    assert_matches("^[^0-9]$", "a", true);
    assert_matches("^[^0-9]$", "5", false);
    assert_matches("^[]a]+$", "]a", true);
    assert_matches("^[^]a]$", "]", false);
    assert_matches("^[a-]+$", "a-", true);
    assert_matches("^[a\\]$", "\\", true);
    assert_matches("^[[:digit:]_[:upper:]]+$", "4_A", true);
    assert_matches("^[[:digit:]_[:upper:]]+$", "4_a", false);
    assert_matches("[[:alpha:]]", "1 ", false);
    assert_matches("^[[a]+$", "[a", true);
}

static void what_is_no_pattern_is_refused(void **unused)
{
    (void)unused;
    assert_refused("", "a pattern has 1 to 127 bytes");
    assert_refused("(a", "a ( has no ) behind it");
    assert_refused("(a|", "a ( has no ) behind it");
    assert_refused("a)", "a ) has no ( before it; \\) is one");
    assert_refused("[a", "a [ has no ] behind it");
    assert_refused("[]", "a [ has no ] behind it");
    assert_refused("[z-a]", "a range in brackets is to go up, as a-z");
    assert_refused("[a-[:digit:]]", "a range in brackets goes from a byte to a byte, as a-z");
    assert_refused("[[:digits:]]", "of classes in brackets there are those as [:digit:]");
    assert_refused("[[=a=]]", "of classes in brackets there are those as [:digit:]");
    assert_refused("*a", "a *, + or ? has nothing before it");
    assert_refused("(+)", "a *, + or ? has nothing before it");
    assert_refused("a{2}", "a pattern has no {; \\{ is a brace");
    assert_refused("(a)\\1", "a \\ is to be before a sign, as \\. or \\{");
    assert_refused("\\bus", "a \\ is to be before a sign, as \\. or \\{");
    assert_refused("a\\", "a \\ is to be before a sign, as \\. or \\{");
}

/* As often as a pattern has room for it. */
static const char *repeated(const char *before, const char *part, const char *after)
{
    static char text[PATTERN_MAX_BYTES];
    size_t count =
        (PATTERN_MAX_BYTES - 1 - strlen(part)) / (strlen(before) + strlen(after) + strlen(part));

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcat(text, before);
    strcat(text, part);
    for (size_t i = 0; i < count; i++)
        strcat(text, after);
    return text;
}

static void no_pattern_costs_more_than_its_length(void **unused)
{
    char line[512];

    (void)unused;
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_matches(repeated("(", "a", ")+"), line, true);
    assert_matches(repeated("(", "^b", ")*"), line, true);
    assert_matches(repeated("(", "b", "|)+"), line, true);
    assert_matches(repeated("", "(^|$|a)*", ""), line, true);
    assert_matches(repeated("", "b", "+"), line, false);
    assert_matches(repeated("|", "b", "|"), line, true);
    assert_matches(repeated("[b]", "b", "[b]"), line, false);
    assert_matches(repeated("(.*a|", "b", ")*b"), line, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pattern_matches_a_part_of_the_line),
        cmocka_unit_test(ends_of_the_line_are_found),
        cmocka_unit_test(parts_come_as_often_as_is_said),
        cmocka_unit_test(one_of_several_matches),
        cmocka_unit_test(sets_have_ranges_and_classes),
        cmocka_unit_test(what_is_no_pattern_is_refused),
        cmocka_unit_test(no_pattern_costs_more_than_its_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
