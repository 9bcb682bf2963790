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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_port_is_that_of_qemu_unless_it_is_to_be_plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
