/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is given a reference device, which tells the host's time. */
#include "tests/unit/unit.h"

#include "vmm/cmd/options_parse.h"

#define MAX_ARGS 8

/* Whether the machine of this command line has one. The words end in NULL. */
static bool has_reference(char *words[MAX_ARGS])
{
    char *argv[MAX_ARGS + 2] = {"minivmm"};
    char error[OPTIONS_ERROR_SIZE];
    struct options options;
    int argc = 1;

    while (words[argc - 1] != NULL) {
        argv[argc] = words[argc - 1];
        argc++;
    }
    assert_int_equal(options_parse(argc, argv, &options, error, sizeof error), OPTIONS_RUN);
    return options.config.reference;
}

#define HAS(...) has_reference((char *[MAX_ARGS]){__VA_ARGS__})

static void it_is_there_for_the_built_in_probe_and_for_a_check(void **unused)
{
    (void)unused;
    assert_true(HAS("k"));
    assert_true(HAS("check", "k"));
    assert_true(HAS("check", "-i", "r", "k"));
    assert_false(HAS("-i", "r", "k"));
}

static void it_is_there_if_asked_for_and_the_last_word_counts(void **unused)
{
    (void)unused;
    assert_true(HAS("-i", "r", "--reference", "k"));
    assert_true(HAS("--reference", "-i", "r", "k"));
    assert_false(HAS("--no-reference", "k"));
    assert_false(HAS("check", "--no-reference", "k"));
    assert_true(HAS("--no-reference", "--reference", "-i", "r", "k"));
    assert_false(HAS("-i", "r", "--reference", "--no-reference", "k"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_there_for_the_built_in_probe_and_for_a_check),
        cmocka_unit_test(it_is_there_if_asked_for_and_the_last_word_counts),
    };

    return cmocka_run_group_tests_name("reference_option", tests, NULL, NULL);
}
