/* SPDX-License-Identifier: BSD-2-Clause */
/* Command line of the program. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/parse_rig.h"
#include "vmm/cmd/rtc_options.h"
#include "vmm/cmd/sandbox_options.h"

static void assert_bad(const char *words, const char *error)
{
    struct parsed parsed = parse(words);

    assert_int_equal(parsed.verdict, OPTIONS_BAD);
    assert_string_equal(parsed.error, error);
}

static void a_kernel_alone_gets_the_documented_defaults(void **unused)
{
    struct options options = parse_good("bzImage");

    (void)unused;
    assert_string_equal(options.host.kernel_path, "bzImage");
    assert_int_equal(options.host.initrd_count, 0);
    assert_null(options.host.report_path);
    assert_int_equal(options.config.cpu_count, 1);
    assert_int_equal(options.config.memory_bytes, 512 << 20);
    assert_int_equal(options.host.console, CONSOLE_STDIO);
    assert_int_equal(options.host.timeout_ns, 0);
    assert_int_equal(options.config.kvmclock, KVMCLOCK_USER);
    assert_int_equal(options.config.kvmclock_follow, KVMCLOCK_FOLLOW_RAW);
    assert_int_equal(options.config.rtc_base, RTC_BASE_KEPT);
    assert_string_equal(options.host.rtc_nvram_path, "");
    assert_false(options.config.rtc_follows_host);
    assert_int_equal(options.config.hpet_timers, 3);
    assert_int_equal(options.config.pmtimer_bits, 24);
    assert_int_equal(options.config.on_resume, ON_RESUME_UNSAID);
    assert_false(options.config.invtsc);
    assert_false(options.config.halt_in_guest);
    assert_false(options.host.verbose);
}

static void the_sandbox_is_there_unless_it_is_switched_off(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("k").host.sandbox, SANDBOX_OPTIONS_DEFAULT);
    assert_true(parse_good("--sandbox|strict|k").host.sandbox);
    assert_false(parse_good("--sandbox|off|k").host.sandbox);
    assert_int_equal(parse("--sandbox|on|k").verdict, OPTIONS_BAD);
    assert_false(parse_good("k").host.core);
    assert_true(parse_good("--core|k").host.core);
}

static void assert_has_every_short_option(const char *words)
{
    struct options options = parse_good(words);

    assert_int_equal(options.host.initrd_count, 1);
    assert_string_equal(options.host.initrds[0], "r");
    assert_string_equal(options.host.append, "a");
    assert_int_equal(options.config.cpu_count, 4);
    assert_int_equal(options.config.memory_bytes, UINT64_C(4) << 30);
    assert_int_equal(options.host.timeout_ns, 2000000000);
    assert_true(options.host.verbose);
}

static void long_and_short_forms_are_the_same(void **unused)
{
    (void)unused;
    assert_has_every_short_option("--initrd|r|--append|a|--cpus|4|--memory|4G|--timeout|2|"
                                  "--verbose|k");
    assert_has_every_short_option("-i|r|-a|a|-c|4|-m|4G|-t2|-v|k");
}

static void options_may_follow_the_kernel_and_the_last_value_counts(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("k|--cpus=2|--cpus=3").config.cpu_count, 3);
    assert_string_equal(parse_good("--|-k").host.kernel_path, "-k");
}

static void a_size_is_in_mib_or_has_a_suffix_and_is_bounded_and_whole_pages(void **unused)
{
    static const char *const refused[] = {
        "",    "0",     "1",    "512MB", "1M",    "2049G", "-1G",
        " 4G", "2049K", "1.5G", "G",     "1025G", "0x10M", "18446744073709551617K"};

    (void)unused;
    assert_int_equal(parse_good("-m|2M|k").config.memory_bytes, 2 << 20);
    assert_int_equal(parse_good("-m|2052K|k").config.memory_bytes, 2052 << 10);
    assert_int_equal(parse_good("-m|512|k").config.memory_bytes, 512 << 20);
    assert_int_equal(parse_good("-m|3g|k").config.memory_bytes, UINT64_C(3) << 30);
    assert_int_equal(parse_good("-m|1024G|k").config.memory_bytes, UINT64_C(1) << 40);
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char words[64] = "k|--memory=";

        strcat(words, refused[i]);
        assert_int_equal(parse(words).verdict, OPTIONS_BAD);
    }
    assert_bad(
        "-m|1M|k",
        "--memory '1M': accepted is a number of MiB or one with suffix K, M or G, from 2M to "
        "1024G in steps of 4K");
}

static void cpus_are_1_to_255(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("-c|255|k").config.cpu_count, 255);
    assert_bad("-c|0|k", "--cpus '0': accepted is a number from 1 to 255");
    assert_bad("-c|256|k", "--cpus '256': accepted is a number from 1 to 255");
    assert_bad("-c|4x|k", "--cpus '4x': accepted is a number from 1 to 255");
    assert_bad("-c|-1|k", "--cpus '-1': accepted is a number from 1 to 255");
}

static void a_timeout_has_decimals_down_to_a_nanosecond(void **unused)
{
    static const char *const refused[] = {"-t|0|k",  "-t|0.0|k", "-t|-1|k",  "-t|.5|k",
                                          "-t|1s|k", "-t|1.x|k", "-t|inf|k", "-t|1000000001|k"};

    (void)unused;
    assert_int_equal(parse_good("-t|0.25|k").host.timeout_ns, 250000000);
    assert_int_equal(parse_good("-t|1.000000001|k").host.timeout_ns, 1000000001);
    assert_int_equal(parse_good("-t|1.00000000199|k").host.timeout_ns, 1000000001);
    assert_int_equal(parse_good("-t|1000000000|k").host.timeout_ns, UINT64_C(1000000000000000000));
    assert_int_equal(parse_good("-t|1E+9|k").host.timeout_ns, UINT64_C(1000000000000000000));
    assert_int_equal(parse_good("-t|20e-3|k").host.timeout_ns, 20000000);
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_int_equal(parse(refused[i]).verdict, OPTIONS_BAD);
}

static void a_reset_is_the_end_or_boots_again_and_a_restored_machine_cannot(void **unused)
{
    (void)unused;
    assert_false(parse_good("k").host.reboot_again);
    assert_true(parse_good("--reboot|again|k").host.reboot_again);
    assert_false(parse_good("--reboot|again|--reboot|end|k").host.reboot_again);
    assert_int_equal(parse("--reboot|twice|k").verdict, OPTIONS_BAD);
    assert_int_equal(parse("restore|--reboot|again|k").verdict, OPTIONS_BAD);
}

static void the_grace_period_and_the_limit_of_output_have_defaults(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("k").host.grace_ns, UINT64_C(5000000000));
    assert_int_equal(parse_good("--grace|0|k").host.grace_ns, 0);
    assert_int_equal(parse("--grace|5s|k").verdict, OPTIONS_BAD);
    assert_int_equal(parse_good("k").host.output_limit_bytes, 1 << 30);
    assert_int_equal(parse_good("--output-limit|5K|k").host.output_limit_bytes, 5 << 10);
    assert_int_equal(parse_good("k").host.output_wait_ns, UINT64_C(3600000000000));
    assert_int_equal(parse("--output-limit|0|k").verdict, OPTIONS_BAD);
}

static void a_trace_is_of_any_run(void **unused)
{
    (void)unused;
    assert_null(parse_good("k").host.trace_path);
    assert_string_equal(parse_good("--trace|t|k").host.trace_path, "t");
    assert_string_equal(parse_good("check|--trace|t|k").host.trace_path, "t");
    assert_string_equal(parse_good("restore|--trace|t|s").host.trace_path, "t");
    assert_bad("--trace=|k", "--trace '': accepted is the name of a file");
    assert_bad("check|--matrix|--trace|t|k",
               "--matrix has many guests: --trace is for one at a time");
    assert_non_null(strstr(parse_good("check|--trace|t|k").host.check_words, " probe.sample=20"));
    assert_null(strstr(parse_good("check|k").host.check_words, "sample"));
}

static void the_console_is_stdio_a_file_or_nothing(void **unused)
{
    struct options options = parse_good("--console=file:/tmp/a:b|k");

    (void)unused;
    assert_int_equal(options.host.console, CONSOLE_FILE);
    assert_string_equal(options.host.console_path, "/tmp/a:b");
    assert_int_equal(parse_good("--console=none|k").host.console, CONSOLE_NONE);
    assert_int_equal(parse_good("--console=none|--console=stdio|k").host.console, CONSOLE_STDIO);
    assert_bad("--console=file:|k", "--console 'file:': accepted is stdio, file:PATH or none");
    assert_bad("--console=tty|k", "--console 'tty': accepted is stdio, file:PATH or none");
}

static void clocks_can_be_chosen_and_left_out(void **unused)
{
    struct options options =
        parse_good("--no-hpet|--no-pmtimer|--invtsc|--halt-in-guest|--kvmclock=off|k");

    (void)unused;
    assert_int_equal(options.config.hpet_timers, 0);
    assert_int_equal(options.config.pmtimer_bits, 0);
    assert_true(options.config.invtsc);
    assert_true(options.config.halt_in_guest);
    assert_int_equal(options.config.kvmclock, KVMCLOCK_OFF);
    assert_int_equal(parse_good("--kvmclock=kernel|k").config.kvmclock, KVMCLOCK_KERNEL);
    assert_int_equal(parse_good("--kvmclock=user|k").config.kvmclock, KVMCLOCK_USER);
    assert_bad("--kvmclock=on|k", "--kvmclock 'on': accepted is user, kernel or off");
    assert_int_equal(parse_good("--kvmclock-follow=monotonic|k").config.kvmclock_follow,
                     KVMCLOCK_FOLLOW_MONOTONIC);
    assert_int_equal(
        parse_good("--kvmclock-follow=monotonic|--kvmclock-follow|raw|k").config.kvmclock_follow,
        KVMCLOCK_FOLLOW_RAW);
}

static void the_hpet_has_3_to_32_timers_and_the_pm_timer_24_or_32_bits(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("--hpet=timers=3|k").config.hpet_timers, 3);
    assert_bad("--no-hpet|--hpet|timers=32|k", "--hpet undoes --no-hpet; leave one of them out");
    assert_int_equal(parse_good("--no-hpet|k").config.hpet_timers, 0);
    assert_int_equal(parse_good("--pmtimer=24|--pmtimer|32|k").config.pmtimer_bits, 32);
    assert_bad("--hpet=timers=2|k", "--hpet 'timers=2': accepted is timers=N with N from 3 to 32");
    assert_bad("--hpet=timers=33|k",
               "--hpet 'timers=33': accepted is timers=N with N from 3 to 32");
    assert_bad("--hpet=8|k", "--hpet '8': accepted is timers=N with N from 3 to 32");
    assert_bad("--hpet=timers=8x|k",
               "--hpet 'timers=8x': accepted is timers=N with N from 3 to 32");
    assert_bad("--pmtimer=31|k", "--pmtimer '31': accepted is 24 or 32");
    assert_bad("--pmtimer=|k", "--pmtimer '': accepted is 24 or 32");
}

static void the_rtc_starts_at_a_date_that_exists(void **unused)
{
    static const char *const refused[] = {"2023-02-29T00:00:00",
                                          "2023-13-01T00:00:00",
                                          "2023-00-01T00:00:00",
                                          "2023-04-31T00:00:00",
                                          "2023-01-01T24:00:00",
                                          "2023-01-01T00:60:00",
                                          "2023-01-01T00:00:60",
                                          "1969-12-31T23:59:59",
                                          "2200-01-01T00:00:00",
                                          "2023-01-01 00:00:00",
                                          "2023-01-01T00:00:00Z",
                                          "2023-01-01",
                                          ""};
    struct options options = parse_good("--rtc=base=2024-02-29T12:34:56|k");

    (void)unused;
    assert_int_equal(options.config.rtc_base, RTC_BASE_FIXED);
    assert_int_equal(options.config.rtc_start_sec, 1709210096);
    assert_int_equal(parse_good("--rtc=base=1970-01-01T00:00:00|k").config.rtc_start_sec, 0);
    assert_int_equal(parse_good("--rtc=base=2199-12-31T23:59:59|k").config.rtc_start_sec,
                     7258118399);
    assert_int_equal(parse_good("--rtc=base=localtime|k").config.rtc_base, RTC_BASE_LOCALTIME);
    assert_int_equal(parse_good("--rtc=base=localtime|--rtc=base=utc|k").config.rtc_base,
                     RTC_BASE_UTC);
    assert_int_equal(parse("--rtc=utc|k").verdict, OPTIONS_BAD);
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char words[64] = "k|--rtc=base=";

        strcat(words, refused[i]);
        assert_int_equal(parse(words).verdict, OPTIONS_BAD);
    }
}

static void the_words_of_rtc_combine_and_the_last_of_each_counts(void **unused)
{
    static const char *const refused[] = {"",
                                          ",",
                                          "base=utc,",
                                          ",base=utc",
                                          "clock=",
                                          "clock=vms",
                                          "nvram=",
                                          "nvram=,base=utc",
                                          "base=utc;clock=vm",
                                          "Base=utc",
                                          "base=utc,clock=vm,x=1"};
    struct options options = parse_good("--rtc=base=utc,nvram=a/b=c,clock=host|k");
    char long_path[PATH_MAX + 16] = "nvram=";

    (void)unused;
    assert_int_equal(options.config.rtc_base, RTC_BASE_UTC);
    assert_string_equal(options.host.rtc_nvram_path, "a/b=c");
    assert_true(options.config.rtc_follows_host);
    options = parse_good("--rtc=nvram=f,nvram=g,clock=host|--rtc=clock=vm|--rtc=base=localtime|k");
    assert_int_equal(options.config.rtc_base, RTC_BASE_LOCALTIME);
    assert_string_equal(options.host.rtc_nvram_path, "g");
    assert_false(options.config.rtc_follows_host);
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char words[64] = "k|--rtc=";

        strcat(words, refused[i]);
        assert_int_equal(parse(words).verdict, OPTIONS_BAD);
    }
    memset(long_path + strlen(long_path), 'x', PATH_MAX);
    assert_false(rtc_options_apply(&options, long_path));
    assert_bad("--rtc=clock=ntp|k", "--rtc 'clock=ntp': accepted is base=utc, base=localtime or "
                                    "base=YYYY-MM-DDTHH:MM:SS with a date that exists from 1970 to "
                                    "2199 and seconds up to 59, clock=vm or clock=host, and "
                                    "nvram=FILE; with commas between them and none in FILE");
}

static void lost_ticks_are_dropped_burst_or_slewed_for_each_device(void **unused)
{
    static const char *const refused[] = {"",          "pit",        "pit=",      "pit=dro",
                                          "pit=drops", "pit=burst,", ",pit=slew", "acpi=slew",
                                          "=slew",     "pitx=slew",  "Pit=slew",  "pit=burst=slew"};
    struct options options = parse_good("k");

    (void)unused;
    assert_int_equal(options.config.pit_lost_ticks, LOST_TICKS_BURST);
    assert_int_equal(options.config.rtc_lost_ticks, LOST_TICKS_BURST);
    assert_int_equal(options.config.hpet_lost_ticks, LOST_TICKS_BURST);
    options = parse_good("--lost-ticks=pit=drop,rtc=slew,pit=slew|--lost-ticks|hpet=drop|k");
    assert_int_equal(options.config.pit_lost_ticks, LOST_TICKS_SLEW);
    assert_int_equal(options.config.rtc_lost_ticks, LOST_TICKS_SLEW);
    assert_int_equal(options.config.hpet_lost_ticks, LOST_TICKS_DROP);
    assert_int_equal(parse_good("--lost-ticks=rtc=slew,rtc=drop|k").config.rtc_lost_ticks,
                     LOST_TICKS_DROP);
    for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char words[64] = "k|--lost-ticks=";

        strcat(words, refused[i]);
        assert_int_equal(parse(words).verdict, OPTIONS_BAD);
    }
    assert_bad("--lost-ticks=pit=late|k",
               "--lost-ticks 'pit=late': accepted is pit=, rtc= and hpet=, each with drop, burst "
               "or slew, and commas between them");
}

static void pause_and_steal_time_are_as_asked_for(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("--on-resume=advance|k").config.on_resume, ON_RESUME_ADVANCE);
    assert_int_equal(parse_good("--steal=25%|k").config.steal_percent, 25);
    assert_int_equal(parse_good("--steal=25%|k").config.steal, STEAL_PERCENT);
    assert_int_equal(parse_good("--steal=kvm|k").config.steal, STEAL_KVM);
    assert_int_equal(parse_good("--on-resume=advance|--on-resume=freeze|k").config.on_resume,
                     ON_RESUME_FREEZE);
}

static void misuse_is_named_in_one_line(void **unused)
{
    (void)unused;
    assert_bad("", "the name of a KERNEL is missing; see --help");
    assert_bad("a|b", "one KERNEL is accepted, and 'b' comes after 'a'");
    assert_bad("--frob|k",
               "--frob: no such option, or not the only one that begins so; see --help");
    assert_bad("--no|k", "--no: no such option, or not the only one that begins so; see --help");
    assert_bad("-vx|k", "-x: no such option; see --help");
    assert_bad("k|--initrd",
               "--initrd: its value is missing; accepted is the name of a file, at most 32 times");
    assert_bad("k|-i",
               "--initrd: its value is missing; accepted is the name of a file, at most 32 times");
    assert_bad("--steal=100%|k", "--steal '100%': accepted is kvm, N% or N%,idle with N up to 99");
    assert_bad("--steal=25|k", "--steal '25': accepted is kvm, N% or N%,idle with N up to 99");
    assert_bad("--on-resume=f|k", "--on-resume 'f': accepted is freeze or advance");
    assert_bad("--invtsc=yes|k", "--invtsc takes no value");
    assert_bad("--report=|k", "--report '': accepted is the name of a file");
}

static void an_error_is_cut_off_at_the_size_of_its_buffer(void **unused)
{
    char *argv[] = {"minivmm", "--cpus", "many-too-many", "k", NULL};
    struct options options;
    char error[16 + 1];

    (void)unused;
    error[16] = '#';
    assert_int_equal(options_parse(4, argv, &options, error, 16), OPTIONS_BAD);
    assert_string_equal(error, "--cpus 'many-to");
    assert_int_equal(error[16], '#');
}

static void faults_add_up_in_the_order_of_their_times(void **unused)
{
    struct parsed parsed = parse("--at|5s jump by=1h|--at|1s jump by=2h|k");

    (void)unused;
    assert_int_equal(parsed.verdict, OPTIONS_RUN);
    assert_int_equal(parsed.options.faults.count, 2);
    assert_int_equal(parsed.options.faults.entries[0].at_ns, 1000000000);
    assert_string_equal(parse("--at|5s jmp by=1h|k").error,
                        "--at '5s jmp by=1h': 'jmp' is no fault; minivmm --faults lists them");
    assert_string_equal(
        parse("--at|jump by=1h|k").error,
        "--at 'jump by=1h': first comes a guest time with its unit, as 5s or 250ms");
    assert_int_equal(parse("restore|--at|5s jump by=1h|f").options.faults.count, 1);
    assert_string_equal(parse("restore|--incoming|unix:s|--at|5s jump by=1h").error,
                        "--at: the guest time of a guest that comes by --incoming is not known "
                        "yet; ctl fault is for it");
    assert_int_equal(parse("--faults").verdict, OPTIONS_FAULTS);
}

static void help_and_version_need_no_kernel(void **unused)
{
    (void)unused;
    assert_int_equal(parse("-h").verdict, OPTIONS_HELP);
    assert_int_equal(parse("--help").verdict, OPTIONS_HELP);
    assert_int_equal(parse("-V").verdict, OPTIONS_VERSION);
    assert_int_equal(parse("--version").verdict, OPTIONS_VERSION);
}

static void the_doctor_has_a_format_and_no_machine(void **unused)
{
    (void)unused;
    assert_int_equal(parse("doctor").options.command, COMMAND_DOCTOR);
    assert_int_equal(parse("doctor").verdict, OPTIONS_RUN);
    assert_false(parse("doctor|--format|table").options.json);
    assert_true(parse("doctor|--format|json").options.json);
    assert_int_equal(parse("doctor|--help").verdict, OPTIONS_HELP);
    assert_true(parse("doctor|-v").options.host.verbose);
    assert_bad("doctor|--format|tap", "--format 'tap': accepted is table or json");
    assert_bad("doctor|--cpus|2", "--cpus: no such option, or not the only one that begins so; "
                                  "see --help");
    assert_bad("doctor|-c|2", "-c: no such option; see --help");
    assert_bad("doctor|k", "doctor boots no KERNEL of yours, and 'k' is given");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_alone_gets_the_documented_defaults),
        cmocka_unit_test(the_sandbox_is_there_unless_it_is_switched_off),
        cmocka_unit_test(long_and_short_forms_are_the_same),
        cmocka_unit_test(options_may_follow_the_kernel_and_the_last_value_counts),
        cmocka_unit_test(a_size_is_in_mib_or_has_a_suffix_and_is_bounded_and_whole_pages),
        cmocka_unit_test(cpus_are_1_to_255),
        cmocka_unit_test(a_timeout_has_decimals_down_to_a_nanosecond),
        cmocka_unit_test(a_reset_is_the_end_or_boots_again_and_a_restored_machine_cannot),
        cmocka_unit_test(the_grace_period_and_the_limit_of_output_have_defaults),
        cmocka_unit_test(a_trace_is_of_any_run),
        cmocka_unit_test(the_console_is_stdio_a_file_or_nothing),
        cmocka_unit_test(clocks_can_be_chosen_and_left_out),
        cmocka_unit_test(the_hpet_has_3_to_32_timers_and_the_pm_timer_24_or_32_bits),
        cmocka_unit_test(the_rtc_starts_at_a_date_that_exists),
        cmocka_unit_test(the_words_of_rtc_combine_and_the_last_of_each_counts),
        cmocka_unit_test(lost_ticks_are_dropped_burst_or_slewed_for_each_device),
        cmocka_unit_test(pause_and_steal_time_are_as_asked_for),
        cmocka_unit_test(misuse_is_named_in_one_line),
        cmocka_unit_test(an_error_is_cut_off_at_the_size_of_its_buffer),
        cmocka_unit_test(faults_add_up_in_the_order_of_their_times),
        cmocka_unit_test(help_and_version_need_no_kernel),
        cmocka_unit_test(the_doctor_has_a_format_and_no_machine),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
