/* SPDX-License-Identifier: BSD-2-Clause */
/* --initrd, --append and --cmdline: what the kernel is given. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parse_rig.h"

static void assert_cmdline(const char *words, const char *for_linux, const char *for_any)
{
    struct options options = parse_good(words);
    char *linux_words = host_options_linux_words(&options.host, false, (struct dilation){0});
    char *line = host_options_command_line(&options.host);

    assert_non_null(linux_words);
    assert_non_null(line);
    assert_string_equal(linux_words, for_linux);
    assert_string_equal(line, for_any);
    free(linux_words);
    free(line);
}

static void append_adds_to_the_command_line_and_cmdline_replaces_linuxs_words(void **unused)
{
    (void)unused;
    assert_cmdline("k", "console=ttyS0 pci=off loglevel=3 panic=-1", "");
    assert_cmdline("-a|debug x=1|k", "console=ttyS0 pci=off loglevel=3 panic=-1", "debug x=1");
    assert_cmdline("--cmdline=root=/dev/ram|k", "", "root=/dev/ram");
    assert_cmdline("-a|b|--cmdline=a|k", "", "a b");
    assert_cmdline("--cmdline=|k", "", "");
}

static void the_built_in_probe_is_told_of_another_date_and_append_can_overrule_it(void **unused)
{
    struct options options = parse_good("--cmdline=a|--append=probe.wall=host|k");
    char *words = host_options_linux_words(&options.host, true, (struct dilation){0});

    (void)unused;
    assert_string_equal(words, "probe.wall=any");
    free(words);
    words = host_options_linux_words(&options.host, false, (struct dilation){5, 2});
    assert_string_equal(words, "probe.wall=any probe.rate=5/2");
    free(words);
    options = parse_good("--initrd=mine|k");
    words = host_options_linux_words(&options.host, true, (struct dilation){0});
    assert_string_equal(words, "console=ttyS0 pci=off loglevel=3 panic=-1");
    free(words);
}

static void initrds_add_up_to_32(void **unused)
{
    char words[8 * 34] = "";
    struct options options = parse_good("--initrd=a|-i|b x=1|k");

    (void)unused;
    assert_int_equal(options.host.initrd_count, 2);
    assert_string_equal(options.host.initrds[0], "a");
    assert_string_equal(options.host.initrds[1], "b x=1");
    for (unsigned i = 0; i < 32; i++)
        strcat(words, "-i|x|");
    strcat(words, "k");
    assert_int_equal(parse_good(words).host.initrd_count, 32);
    strcat(words, "|-i|x");
    assert_int_equal(parse(words).verdict, OPTIONS_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_adds_to_the_command_line_and_cmdline_replaces_linuxs_words),
        cmocka_unit_test(the_built_in_probe_is_told_of_another_date_and_append_can_overrule_it),
        cmocka_unit_test(initrds_add_up_to_32),
    };

    return cmocka_run_group_tests_name("kernel_options", tests, NULL, NULL);
}
