/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a snapshot: --snapshot-at, and those of minivmm restore. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/options_parse.h"
#include "vmm/machine/machine_snapshot.h"

static struct options options;
static char error[OPTIONS_ERROR_SIZE];

static enum options_verdict parse(const char *first, const char *option, const char *last)
{
    char words[4][128];
    char *argv[5] = {words[0], words[1], words[2], words[3], NULL};

    snprintf(words[0], sizeof words[0], "minivmm");
    snprintf(words[1], sizeof words[1], "%s", first);
    snprintf(words[2], sizeof words[2], "%s", option);
    snprintf(words[3], sizeof words[3], "%s", last);
    return options_parse(4, argv, &options, error, sizeof error);
}

static bool at(const char *value)
{
    return parse("--snapshot-at", value, "kernel") == OPTIONS_RUN;
}

static void a_time_and_a_file_are_enough(void **unused)
{
    (void)unused;
    assert_true(at("1.5,file=booted"));
    assert_string_equal(options.host.snapshot_at.path, "booted");
    assert_string_equal(options.host.snapshot_at.pattern, "");
    assert_int_equal(options.host.snapshot_at.guest_ns, 1500000000);
    assert_int_equal(options.host.snapshot_at.then, SNAPSHOT_THEN_GO);
}

static void what_becomes_of_the_guest_is_the_last_word(void **unused)
{
    (void)unused;
    assert_true(at("0,file=f,then=stop"));
    assert_int_equal(options.host.snapshot_at.then, SNAPSHOT_THEN_STOP);
    assert_true(at("0,file=f,then=quit"));
    assert_int_equal(options.host.snapshot_at.then, SNAPSHOT_THEN_QUIT);
    assert_string_equal(options.host.snapshot_at.path, "f");
}

static void a_pattern_may_have_commas_and_those_words(void **unused)
{
    (void)unused;
    assert_true(at("boot:^a,{2,}file=,file=x,file=f,then=go"));
    assert_string_equal(options.host.snapshot_at.pattern, "^a,{2,}file=,file=x");
    assert_string_equal(options.host.snapshot_at.path, "f");
}

static void what_is_missing_or_wrong_is_refused(void **unused)
{
    (void)unused;
    assert_false(at("1"));
    assert_false(at("1,file="));
    assert_false(at("boot:,file=f"));
    assert_false(at("soon,file=f"));
    assert_false(at("1,file=f,then=sleep"));
    assert_non_null(
        strstr(error, "--snapshot-at '1,file=f,then=sleep': accepted is SECONDS,file="));
}

static void a_restore_has_one_file_and_freezes_by_default(void **unused)
{
    (void)unused;
    assert_int_equal(parse("restore", "--console=none", "file"), OPTIONS_RUN);
    assert_int_equal(options.command, COMMAND_RESTORE);
    assert_string_equal(options.restore.path, "file");
    assert_int_equal(options.restore.time, RESTORE_FREEZE);
    assert_int_equal(parse("restore", "a", "b"), OPTIONS_BAD);
    assert_string_equal(error, "one FILE is accepted, and 'b' comes after 'a'");
    assert_int_equal(parse("restore", "--verbose", "--console=none"), OPTIONS_BAD);
    assert_string_equal(error, "the name of a FILE is missing; see --help");
    assert_int_equal(parse("restore", "--cpus=2", "file"), OPTIONS_BAD);
}

static void its_time_is_one_of_three(void **unused)
{
    (void)unused;
    assert_int_equal(parse("restore", "--time=advance", "f"), OPTIONS_RUN);
    assert_int_equal(options.restore.time, RESTORE_ADVANCE);
    assert_int_equal(parse("restore", "--time=at=2030-01-01T00:00:00", "f"), OPTIONS_RUN);
    assert_int_equal(options.restore.time, RESTORE_AT);
    assert_int_equal(options.restore.at_sec, 1893456000);
    assert_int_equal(parse("restore", "--time=at=1960-01-01T00:00:00", "f"), OPTIONS_BAD);
    assert_int_equal(parse("restore", "--time=at=2030-02-30T00:00:00", "f"), OPTIONS_BAD);
    assert_int_equal(parse("restore", "--time=later", "f"), OPTIONS_BAD);
}

static void clones_are_1_to_1000(void **unused)
{
    (void)unused;
    assert_int_equal(parse("restore", "--verbose", "f"), OPTIONS_RUN);
    assert_int_equal(options.restore.clone_count, 0);
    assert_int_equal(parse("restore", "--clones=1", "f"), OPTIONS_RUN);
    assert_int_equal(options.restore.clone_count, 1);
    assert_int_equal(parse("restore", "--clones=1000", "f"), OPTIONS_RUN);
    assert_int_equal(options.restore.clone_count, 1000);
    assert_int_equal(parse("restore", "--clones=0", "f"), OPTIONS_BAD);
    assert_string_equal(error, "--clones '0': accepted is a number from 1 to 1000");
    assert_int_equal(parse("restore", "--clones=1001", "f"), OPTIONS_BAD);
    assert_int_equal(parse("restore", "--clones=2x", "f"), OPTIONS_BAD);
}

static void a_migration_takes_the_place_of_the_file(void **unused)
{
    (void)unused;
    assert_int_equal(parse("restore", "--console=none", "--incoming=unix:path"), OPTIONS_RUN);
    assert_string_equal(options.restore.incoming, "unix:path");
    assert_null(options.restore.path);
    assert_int_equal(options.restore.time, RESTORE_ADVANCE);
    assert_int_equal(parse("restore", "--time=freeze", "--incoming=fd:12"), OPTIONS_RUN);
    assert_int_equal(options.restore.time, RESTORE_FREEZE);
    assert_int_equal(parse("restore", "--console=none", "--incoming=exec:ssh host"), OPTIONS_RUN);
    assert_int_equal(parse("restore", "--incoming=unix:path", "file"), OPTIONS_BAD);
    assert_string_equal(error, "--incoming takes the guest from a migration, and 'file' is given");
    assert_int_equal(parse("restore", "--incoming=unix:path", "--clones=2"), OPTIONS_BAD);
    assert_int_equal(parse("restore", "--console=none", "--incoming=unix:"), OPTIONS_BAD);
    assert_int_equal(parse("restore", "--console=none", "--incoming=fd:one"), OPTIONS_BAD);
    assert_int_equal(parse("restore", "--console=none", "--incoming=tcp:host:1"), OPTIONS_BAD);
    assert_string_equal(error, "--incoming 'tcp:host:1': accepted is unix:PATH, exec:COMMAND or "
                               "fd:N");
}

static void of_the_rtc_it_has_the_file_alone(void **unused)
{
    (void)unused;
    assert_int_equal(parse("restore", "--rtc=nvram=a,b", "f"), OPTIONS_RUN);
    assert_string_equal(options.host.rtc_nvram_path, "a,b");
    assert_int_equal(parse("restore", "--rtc=nvram=", "f"), OPTIONS_BAD);
    assert_int_equal(parse("restore", "--rtc=base=utc", "f"), OPTIONS_BAD);
    assert_string_equal(error, "--rtc 'base=utc': accepted is nvram=FILE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_and_a_file_are_enough),
        cmocka_unit_test(what_becomes_of_the_guest_is_the_last_word),
        cmocka_unit_test(a_pattern_may_have_commas_and_those_words),
        cmocka_unit_test(what_is_missing_or_wrong_is_refused),
        cmocka_unit_test(a_restore_has_one_file_and_freezes_by_default),
        cmocka_unit_test(its_time_is_one_of_three),
        cmocka_unit_test(a_migration_takes_the_place_of_the_file),
        cmocka_unit_test(of_the_rtc_it_has_the_file_alone),
        cmocka_unit_test(clones_are_1_to_1000),
    };

    return cmocka_run_group_tests_name("restore_options", tests, NULL, NULL);
}
