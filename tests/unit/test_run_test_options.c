/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of run-test, and those that came with it. */
#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/cmd/options_parse.h"

#define MAX_ARGS 16

static struct options options;
static char error[OPTIONS_ERROR_SIZE];
static char text[256];
static char *argv[MAX_ARGS + 1];

/* Parses a command line whose words are separated by '|'; "" is no error. */
static const char *parse(const char *words)
{
    char *rest = text;
    int argc = 0;

    assert_true(strlen(words) < sizeof text);
    strcpy(text, words);
    error[0] = '\0';
    argv[argc++] = "minivmm";
    while (rest != NULL) {
        assert_true(argc < MAX_ARGS);
        argv[argc++] = strsep(&rest, "|");
    }
    argv[argc] = NULL;
    if (options_parse(argc, argv, &options, error, sizeof error) == OPTIONS_RUN)
        assert_string_equal(error, "");
    return error;
}

static void the_exit_port_is_that_of_qemu_unless_it_is_to_be_plain(void **unused)
{
    (void)unused;
    assert_string_equal(parse("k"), "");
    assert_false(options.host.exit_port_plain);
    assert_string_equal(parse("--exit-port|qemu|k"), "");
    assert_false(options.host.exit_port_plain);
    assert_string_equal(parse("--exit-port|plain|k"), "");
    assert_true(options.host.exit_port_plain);
    assert_string_equal(parse("--exit-port|raw|k"), "--exit-port 'raw': accepted is qemu or plain");
}

static void a_program_stands_behind_the_kernel_with_its_arguments(void **unused)
{
    (void)unused;
    assert_string_equal(parse("run-test|-c|2|k|--|p|-c|x"), "");
    assert_int_equal(options.command, COMMAND_RUN_TEST);
    assert_int_equal(options.config.cpu_count, 2);
    assert_string_equal(options.host.kernel_path, "k");
    assert_string_equal(options.test.program[0], "p");
    assert_string_equal(options.test.program[1], "-c");
    assert_string_equal(options.test.program[2], "x");
    assert_null(options.test.program[3]);
    assert_string_equal(parse("run-test|k|-c|3|--|p"), "");
    assert_int_equal(options.config.cpu_count, 3);
    assert_string_equal(options.host.kernel_path, "k");
}

static void without_a_program_it_is_refused(void **unused)
{
    static const char *const refused[] = {"run-test|k", "run-test|k|--", "run-test|k|p",
                                          "run-test|--|k", "run-test||--|p"};

    (void)unused;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_string_equal(
            parse(refused[i]),
            "run-test needs KERNEL -- PROGRAM [ARG...]; see minivmm run-test --help");
}

static void its_defaults_are_those_of_a_test(void **unused)
{
    (void)unused;
    parse("run-test|k|--|p");
    assert_int_equal(options.host.console, CONSOLE_NONE);
    assert_int_equal(options.host.grace_ns, 0);
    assert_string_equal(options.host.check_words, "");
    assert_null(options.test.output_path);
    parse("run-test|-v|k|--|p");
    assert_int_equal(options.host.console, CONSOLE_STDERR);
    assert_string_equal(options.host.check_words, "loglevel=7");
    parse("run-test|-v|--console|file:c|k|--|p");
    assert_int_equal(options.host.console, CONSOLE_FILE);
    parse("run-test|--console|stderr|k|--|p");
    assert_int_equal(options.host.console, CONSOLE_STDERR);
}

static void copies_and_variables_add_up(void **unused)
{
    (void)unused;
    parse("run-test|--copy|a|--copy|b:/c|--env|A=1|--env|B|--output|o|k|--|p");
    assert_int_equal(options.test.copy_count, 2);
    assert_string_equal(options.test.copies[1], "b:/c");
    assert_int_equal(options.test.variable_count, 2);
    assert_string_equal(options.test.variables[0], "A=1");
    assert_string_equal(options.test.output_path, "o");
}

static void what_makes_no_sense_there_is_refused(void **unused)
{
    (void)unused;
    assert_string_equal(parse("run-test|--console|stdio|k|--|p"),
                        "--console 'stdio': accepted is stderr, file:PATH or none");
    assert_string_equal(parse("run-test|--report|r|k|--|p"),
                        "--report 'r': accepted is no value: COM2 brings PROGRAM's output; see "
                        "--output");
    assert_string_equal(parse("run-test|--env|=1|k|--|p"),
                        "--env '=1': accepted is NAME or NAME=VALUE, 64 times at most");
    assert_string_equal(parse("run-test|--copy|:/a|k|--|p"),
                        "--copy ':/a': accepted is FILE or FILE:DEST with an absolute DEST, 64 "
                        "times at most");
    assert_string_equal(parse("--console|stderr|k"),
                        "--console 'stderr': accepted is stdio, file:PATH or none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_port_is_that_of_qemu_unless_it_is_to_be_plain),
        cmocka_unit_test(a_program_stands_behind_the_kernel_with_its_arguments),
        cmocka_unit_test(without_a_program_it_is_refused),
        cmocka_unit_test(its_defaults_are_those_of_a_test),
        cmocka_unit_test(copies_and_variables_add_up),
        cmocka_unit_test(what_makes_no_sense_there_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
