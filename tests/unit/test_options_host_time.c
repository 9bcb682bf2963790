/* SPDX-License-Identifier: BSD-2-Clause */
/* The options by which a guest has the host's time, and COM2. */
#include "tests/unit/unit.h"

#include <stdio.h>

#include "tests/unit/parse_rig.h"

static void assert_bad(const char *words, const char *error)
{
    struct parsed parsed = parse(words);

    assert_int_equal(parsed.verdict, OPTIONS_BAD);
    assert_string_equal(parsed.error, error);
}

static void com2_is_a_file_or_a_socket(void **unused)
{
    (void)unused;
    assert_null(parse_good("k").host.serial2_path);
    assert_string_equal(parse_good("--serial2=unix:/run/agent|k").host.serial2_path, "/run/agent");
    assert_bad("--serial2=/run/agent|k", "--serial2 '/run/agent': accepted is unix:PATH with the "
                                         "name of a file, of at most 107 bytes");
    assert_bad("--serial2=unix:|k", "--serial2 'unix:': accepted is unix:PATH with the name of a "
                                    "file, of at most 107 bytes");
    assert_bad("--serial2=unix:a|--report=b|k", "--report undoes --serial2; leave one of them out");
    assert_bad("--report=b|--serial2=unix:a|k", "--serial2 undoes --report; leave one of them out");
    assert_bad("check|--matrix|--serial2=unix:a|k",
               "--matrix has many guests: --serial2 is for one at a time");
    assert_bad("run-test|--serial2=unix:a|k|--|p",
               "--serial2 'unix:a': accepted is no value: COM2 brings PROGRAM's output");
}

static void the_hosts_date_and_a_false_one_contradict_each_other(void **unused)
{
    (void)unused;
    assert_int_equal(parse_good("k").config.ptp_kvm, PTP_KVM_UNSAID);
    assert_int_equal(parse_good("--ptp-kvm=host|--rtc=base=localtime|k").config.ptp_kvm,
                     PTP_KVM_HOST);
    assert_int_equal(parse_good("--ptp-kvm=guest|--rtc=base=2030-01-01T00:00:00|k").config.ptp_kvm,
                     PTP_KVM_GUEST);
    assert_bad("--ptp-kvm=host|--rtc=base=2030-01-01T00:00:00|k",
               "--ptp-kvm host tells the guest the host's date, which --rtc base= with a date "
               "hides; leave one of them out");
    assert_bad("--ptp-kvm=kvm|k", "--ptp-kvm 'kvm': accepted is guest, host or off");
}

static void the_date_is_followed_by_up_to_so_many_ppm(void **unused)
{
    static const char *const wrong[] = {"tai",
                                        "realtime,",
                                        "realtime,max=",
                                        "realtime,max=0",
                                        "realtime,max=1k",
                                        "realtime,max=100001"};
    char words[64], expected[160];

    (void)unused;
    assert_int_equal(parse_good("--kvmclock-follow=realtime|k").config.follow_max_ppm, 500);
    assert_int_equal(parse_good("--kvmclock-follow=realtime,max=100000|k").config.follow_max_ppm,
                     100000);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(words, sizeof words, "--kvmclock-follow=%s|k", wrong[i]);
        snprintf(
            expected, sizeof expected,
            "--kvmclock-follow '%s': accepted is raw, monotonic, realtime, or realtime,max=PPM "
            "with 1 to 100000 PPM",
            wrong[i]);
        assert_bad(words, expected);
    }
}

static void assert_rate(const char *words, uint32_t guest_ns, uint32_t host_ns)
{
    struct dilation rate = parse_good(words).config.time_rate;

    assert_int_equal(rate.guest_ns, guest_ns);
    assert_int_equal(rate.host_ns, host_ns);
}

static void guest_time_has_a_rate_of_its_own(void **unused)
{
    static const char *const wrong[] = {"0",  "11",    "0.05",      "1/11",    "10.1",
                                        "k",  "1/0",   "1/10s",     "",        "1.",
                                        "-1", "1.5/2", "1.0000001", "1.000001"};
    char words[64], expected[160];

    (void)unused;
    assert_rate("k", 0, 0);
    assert_rate("--time-rate=1|k", 0, 0);
    assert_rate("--time-rate=10|k", 10, 1);
    assert_rate("--time-rate=0.1|k", 1, 10);
    assert_rate("--time-rate=1/10|k", 1, 10);
    assert_rate("--time-rate=2.50|k", 5, 2);
    assert_rate("--time-rate=4/10|k", 2, 5);
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(words, sizeof words, "--time-rate=%s|k", wrong[i]);
        snprintf(expected, sizeof expected,
                 "--time-rate '%s': accepted is a number from 0.1 to 10, or a fraction as 1/10",
                 wrong[i]);
        assert_bad(words, expected);
    }
}

static void a_run_has_one_rate_and_nothing_that_keeps_the_hosts(void **unused)
{
    (void)unused;
    assert_bad("--time-rate=2|--time-rate=1/2|k", "--time-rate is given twice; a run has one");
    assert_bad("--time-rate=2|--skip-idle=max-speed=7|k",
               "--time-rate and --skip-idle max-speed= both say how fast guest time runs; leave "
               "out one of them");
    assert_bad("--time-rate=2|--kvmclock=kernel|k",
               "--time-rate: with --kvmclock kernel the clock is KVM's, at the host's rate; leave "
               "out one of them");
    assert_rate("--time-rate=2|--skip-idle|k", 2, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(com2_is_a_file_or_a_socket),
        cmocka_unit_test(the_hosts_date_and_a_false_one_contradict_each_other),
        cmocka_unit_test(the_date_is_followed_by_up_to_so_many_ppm),
        cmocka_unit_test(guest_time_has_a_rate_of_its_own),
        cmocka_unit_test(a_run_has_one_rate_and_nothing_that_keeps_the_hosts),
    };

    return cmocka_run_group_tests_name("options_host_time", tests, NULL, NULL);
}
