/* SPDX-License-Identifier: BSD-2-Clause */
/* The options that make up a machine, as a text. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "vmm/cmd/options_machine.h"
#include "vmm/cmd/options_parse.h"

#define MAX_ARGS 32

static char described[1024];

/*
 * Words with blanks between them, as a shell takes them: a blank in quotes is part of a word, and
 * the quotes are not. A backslash outside of quotes makes the next character a usual one.
 */
static int split(char *words, char **argv, int argc)
{
    char *to = words;
    bool quoted = false;

    argv[argc++] = words;
    for (const char *from = words; *from != '\0'; from++) {
        if (*from == '\'') {
            quoted = !quoted;
        } else if (*from == '\\' && !quoted) {
            *to++ = *++from;
        } else if (*from == ' ' && !quoted) {
            *to++ = '\0';
            assert_true(argc < MAX_ARGS);
            argv[argc++] = to;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return argc;
}

/* What becomes of these options, in static memory. */
static const char *machine_of(const char *options_text)
{
    static struct options options;
    char words[1024], error[OPTIONS_ERROR_SIZE] = "";
    char *argv[MAX_ARGS] = {"minivmm"};
    struct text text;

    snprintf(words, sizeof words, "bzImage%s%s", *options_text != '\0' ? " " : "", options_text);
    if (options_parse(split(words, argv, 1), argv, &options, error, sizeof error) != OPTIONS_RUN)
        fail_msg("%s: %s", options_text, error);
    text_init(&text, described, sizeof described);
    options_add_machine(&options, &text);
    return described;
}

/* And the text, taken for options, is the same machine. */
static void assert_machine(const char *options_text, const char *expected)
{
    char again[1024];

    assert_string_equal(machine_of(options_text), expected);
    strcpy(again, described);
    assert_string_equal(machine_of(again), expected);
}

static void the_default_machine_has_its_vcpus_and_its_kvmclock(void **unused)
{
    (void)unused;
    assert_machine("", "--cpus 1 --kvmclock user");
    assert_machine("--hpet timers=3 --pmtimer 24 --lost-ticks pit=burst --memory 512M",
                   "--cpus 1 --kvmclock user");
    assert_machine("--reference", "--cpus 1 --kvmclock user");
    assert_machine("--verbose --timeout 3 --report r --console none", "--cpus 1 --kvmclock user");
}

static void every_option_that_changes_the_machine_is_named(void **unused)
{
    static const char *const each[] = {
        "--kvmclock-follow monotonic",
        "--invtsc",
        "--halt-in-guest",
        "--no-hpet",
        "--hpet timers=32",
        "--no-pmtimer",
        "--pmtimer 32",
        "--tsc khz=2000000",
        "--tsc offset=-5ns",
        "--tsc-best-effort",
        "--rtc base=utc",
        "--rtc base=localtime",
        "--rtc base=2030-02-03T04:05:06",
        "--rtc clock=host",
        "--rtc nvram=FILE",
        "--rtc base=1999-12-31T23:59:59,clock=host,nvram=FILE",
        "--lost-ticks rtc=slew",
        "--lost-ticks pit=slew,rtc=drop,hpet=slew",
        "--steal kvm",
        "--steal 25%",
        "--steal 25%,idle",
        "--memory 5120M",
        "--memory 3000K",
        "--on-resume advance",
        "--on-resume freeze",
        "--kvmclock-follow realtime",
        "--kvmclock-follow realtime,max=1000",
        "--ptp-kvm guest",
        "--ptp-kvm host",
        "--ptp-kvm off",
        "--vmclock off",
        "--vmclock utc",
        "--initrd 'a file'",
        "--cmdline 'console=ttyS0 quiet'",
        "--append 'a b'",
        "--no-reference",
        "--initrd 'a file' --reference",
    };
    char expected[256];

    (void)unused;
    for (unsigned i = 0; i < sizeof each / sizeof each[0]; i++) {
        snprintf(expected, sizeof expected, "--cpus 1 --kvmclock user %s", each[i]);
        assert_machine(each[i], expected);
    }
    assert_machine("--kvmclock off --cpus 4", "--cpus 4 --kvmclock off");
    assert_machine("--steal 0%", "--cpus 1 --kvmclock user --steal 0%");
}

static void what_all_vcpus_have_of_their_tsc_is_said_once(void **unused)
{
    (void)unused;
    assert_machine("--tsc khz=2000000,offset=1ms --cpus 3",
                   "--cpus 3 --kvmclock user --tsc khz=2000000,offset=+1000000ns");
    assert_machine("--tsc offset=-1.5ms,khz=2000000 --cpus 1",
                   "--cpus 1 --kvmclock user --tsc khz=2000000,offset=-1500000ns");
    assert_machine("--tsc 1:offset=+1us --cpus 2",
                   "--cpus 2 --kvmclock user --tsc 1:offset=+1000ns");
    assert_machine("--tsc khz=3000000 --tsc 0:offset=7ns --tsc 2:khz=1000000 --cpus 3",
                   "--cpus 3 --kvmclock user --tsc 0:khz=3000000,offset=+7ns --tsc 1:khz=3000000 "
                   "--tsc 2:khz=1000000");
    assert_machine("--tsc khz=3000000 --tsc 1:offset=7ns --cpus 2",
                   "--cpus 2 --kvmclock user --tsc khz=3000000 --tsc 1:offset=+7ns");
}

/* Each is a value that a shell would take apart, change or swallow if it were not quoted. */
static void what_is_not_a_plain_word_is_quoted_for_a_shell(void **unused)
{
    static const char *const each[] = {
        "--rtc 'nvram=a file'",
        "--rtc 'base=utc,nvram=$HOME;*'",
        "--rtc 'nvram='\\''quoted'\\'''",
        "--rtc 'nvram=\"a\" \\ b'",
        "--rtc 'nvram=a\nb'",
        "--initrd 'it'\\''s'",
        "--cmdline 'a='\\'''\\'' \"b\"'",
        "--append 'dyndbg=\"file a.c +p\" it'\\''s'",
    };
    char expected[256];

    (void)unused;
    for (unsigned i = 0; i < sizeof each / sizeof each[0]; i++) {
        snprintf(expected, sizeof expected, "--cpus 1 --kvmclock user %s", each[i]);
        assert_machine(each[i], expected);
    }
    assert_machine("--rtc 'nvram=/a-b_c/d.e:f@g%h+i=j'",
                   "--cpus 1 --kvmclock user --rtc nvram=/a-b_c/d.e:f@g%h+i=j");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_machine_has_its_vcpus_and_its_kvmclock),
        cmocka_unit_test(every_option_that_changes_the_machine_is_named),
        cmocka_unit_test(what_all_vcpus_have_of_their_tsc_is_said_once),
        cmocka_unit_test(what_is_not_a_plain_word_is_quoted_for_a_shell),
    };

    return cmocka_run_group_tests_name("options_machine", tests, NULL, NULL);
}
