/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `minivmm ctl`, and --control. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/options_parse.h"
#include "vmm/host/unix_socket.h"

#define MAX_WORDS 8

static struct options options;
static char error[OPTIONS_ERROR_SIZE];

/* Parses the words, up to a NULL. */
static enum options_verdict parse(char *const *words)
{
    char *argv[MAX_WORDS + 2] = {"minivmm"};
    int argc = 1;

    for (; words[argc - 1] != NULL; argc++)
        argv[argc] = words[argc - 1];
    *error = '\0';
    return options_parse(argc, argv, &options, error, sizeof error);
}

#define PARSE(...) parse((char *[]){__VA_ARGS__, NULL})

static void assert_bad(enum options_verdict verdict, const char *expected)
{
    assert_int_equal(verdict, OPTIONS_BAD);
    assert_string_equal(error, expected);
}

static void a_control_socket_has_a_path_that_fits_a_socket(void **unused)
{
    char path[UNIX_SOCKET_MAX_PATH + 2];

    (void)unused;
    assert_int_equal(PARSE("k"), OPTIONS_RUN);
    assert_null(options.host.control_path);
    memset(path, 'a', sizeof path);
    path[UNIX_SOCKET_MAX_PATH] = '\0';
    assert_int_equal(PARSE("--control", path, "k"), OPTIONS_RUN);
    assert_ptr_equal(options.host.control_path, path);
    path[UNIX_SOCKET_MAX_PATH] = 'a';
    path[UNIX_SOCKET_MAX_PATH + 1] = '\0';
    assert_int_equal(PARSE("--control", path, "k"), OPTIONS_BAD);
    assert_bad(PARSE("--control=", "k"),
               "--control '': accepted is the name of a file, of at most 107 bytes");
}

static void ctl_has_a_path_a_command_and_its_arguments(void **unused)
{
    (void)unused;
    assert_int_equal(PARSE("ctl", "p", "c", "a=1", "b="), OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_CTL);
    assert_string_equal(options.ctl.path, "p");
    assert_string_equal(options.ctl.command, "c");
    assert_int_equal(options.ctl.argument_count, 2);
    assert_false(options.ctl.events);
    assert_int_equal(PARSE("ctl", "p", "c"), OPTIONS_RUN);
    assert_int_equal(options.ctl.argument_count, 0);
    assert_int_equal(PARSE("ctl", "--help"), OPTIONS_HELP);
}

static void a_fault_is_named_without_a_name_before_it(void **unused)
{
    (void)unused;
    assert_int_equal(PARSE("ctl", "p", "fault", "jump", "by=1h"), OPTIONS_RUN);
    assert_int_equal(options.ctl.argument_count, 2);
    assert_bad(PARSE("ctl", "p", "fault", "jump", "1h"),
               "'1h' is to be NAME=VALUE, an argument of fault");
    assert_bad(PARSE("ctl", "p", "stop", "jump"),
               "'jump' is to be NAME=VALUE, an argument of stop");
}

static void events_need_no_command(void **unused)
{
    (void)unused;
    assert_int_equal(PARSE("ctl", "--events", "p"), OPTIONS_RUN);
    assert_null(options.ctl.command);
    assert_int_equal(PARSE("ctl", "p", "c", "--events"), OPTIONS_RUN);
    assert_true(options.ctl.events);
    assert_string_equal(options.ctl.command, "c");
}

static void what_is_missing_or_wrong_is_named(void **unused)
{
    (void)unused;
    assert_bad(PARSE("ctl"), "the PATH of a control socket is missing; see ctl --help");
    assert_bad(PARSE("ctl", "p"),
               "a COMMAND is missing after p, such as query-commands; --events needs none");
    assert_bad(PARSE("ctl", "p", "c", "word"), "'word' is to be NAME=VALUE, an argument of c");
    assert_bad(PARSE("ctl", "-c", "2", "p", "c"), "-c: no such option; see --help");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_control_socket_has_a_path_that_fits_a_socket),
        cmocka_unit_test(ctl_has_a_path_a_command_and_its_arguments),
        cmocka_unit_test(a_fault_is_named_without_a_name_before_it),
        cmocka_unit_test(events_need_no_command),
        cmocka_unit_test(what_is_missing_or_wrong_is_named),
    };

    return cmocka_run_group_tests_name("ctl_options", tests, NULL, NULL);
}
