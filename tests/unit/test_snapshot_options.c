/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `minivmm snapshot`. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/cmd/options_parse.h"

#define MAX_WORDS 8

static struct options options;
static char error[OPTIONS_ERROR_SIZE];

/* The words behind "minivmm snapshot", with a blank between two. */
static enum options_verdict parse(const char *words)
{
    static char line[128];
    char *argv[MAX_WORDS + 1] = {(char *)"minivmm", (char *)"snapshot"};
    int argc = 2;

    strcpy(line, words);
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    error[0] = '\0';
    return options_parse(argc, argv, &options, error, sizeof error);
}

static void assert_bad(const char *words, const char *expected)
{
    assert_int_equal(parse(words), OPTIONS_BAD);
    assert_string_equal(error, expected);
}

static void an_action_comes_with_its_files(void **unused)
{
    (void)unused;
    assert_int_equal(parse("info f"), OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_SNAPSHOT);
    assert_int_equal(options.snapshot.action, SNAPSHOT_INFO);
    assert_string_equal(options.snapshot.paths[0], "f");
    assert_false(options.json);
    assert_int_equal(parse("verify f --format json"), OPTIONS_RUN);
    assert_int_equal(options.snapshot.action, SNAPSHOT_VERIFY);
    assert_true(options.json);
    assert_int_equal(parse("diff f g"), OPTIONS_RUN);
    assert_int_equal(options.snapshot.action, SNAPSHOT_DIFF);
    assert_string_equal(options.snapshot.paths[1], "g");
}

static void what_is_wrong_is_said(void **unused)
{
    (void)unused;
    assert_bad("", "snapshot '': accepted is info, verify or diff");
    assert_bad("show f", "snapshot 'show': accepted is info, verify or diff");
    assert_bad("info", "snapshot info: wanted is 1 FILE, and 0 are given");
    assert_bad("diff f", "snapshot diff: wanted is 2 FILEs, and 1 is given");
    assert_bad("diff f g h", "snapshot diff: wanted is 2 FILEs, and 3 are given");
    assert_bad("info f --format tap", "--format 'tap': accepted is table or json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_action_comes_with_its_files),
        cmocka_unit_test(what_is_wrong_is_said),
    };

    return cmocka_run_group_tests_name("snapshot_options", tests, NULL, NULL);
}
