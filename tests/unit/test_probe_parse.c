/* SPDX-License-Identifier: BSD-2-Clause */
/* The probe's readers of what the kernel prints, with text that no kernel prints as well. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "guest-images/probe/parse.h"

static struct log_line line_of(const char *record)
{
    struct log_line line;

    assert_true(log_line_parse(record, strlen(record), &line));
    return line;
}

static enum log_class class_of(unsigned level, const char *text)
{
    struct log_line line = {.level = level};

    strncpy(line.text, text, sizeof(line.text) - 1);
    return log_line_classify(&line);
}

static void names_are_the_words_in_their_order(void **unused)
{
    struct name_list list = name_list_parse(" kvm-clock tsc\thpet  acpi_pm \n");

    (void)unused;
    assert_int_equal(list.count, 4);
    assert_string_equal(list.names[0], "kvm-clock");
    assert_string_equal(list.names[3], "acpi_pm");
    assert_true(name_list_has(&list, "hpet"));
    assert_false(name_list_has(&list, "hpe"));
    assert_int_equal(name_list_parse(" \n").count, 0);
}

static void names_too_long_or_too_many_are_left_out(void **unused)
{
    char words[4 * NAME_LIST_MAX + 1] = "";
    char name[NAME_BYTES + 3];
    struct name_list list;

    (void)unused;
    memset(name, 'x', sizeof(name));
    name[NAME_BYTES] = '\0';
    assert_int_equal(name_list_parse(name).count, 0);
    name[NAME_BYTES - 1] = '\0';
    assert_int_equal(name_list_parse(name).count, 1);
    for (unsigned i = 0; i < 2 * NAME_LIST_MAX; i++)
        strcat(words, "a ");
    list = name_list_parse(words);
    assert_int_equal(list.count, NAME_LIST_MAX);
}

static void cpu_flags_are_those_of_clocks_of_the_first_cpu(void **unused)
{
    struct name_list list =
        cpuinfo_clock_flags("processor\t: 0\nflags\t\t: fpu tsc msr constant_tsc tscx hypervisor\n"
                            "bugs\t\t:\n\nprocessor\t: 1\nflags\t\t: rdtscp\n");

    (void)unused;
    assert_int_equal(list.count, 3);
    assert_string_equal(list.names[0], "tsc");
    assert_string_equal(list.names[1], "constant_tsc");
    assert_string_equal(list.names[2], "hypervisor");
}

static void cpu_flags_of_a_text_without_them_are_none(void **unused)
{
    (void)unused;
    assert_int_equal(cpuinfo_clock_flags("").count, 0);
    assert_int_equal(cpuinfo_clock_flags("flags").count, 0);
    assert_int_equal(cpuinfo_clock_flags("flags\t\n: tsc\n").count, 0);
    assert_int_equal(cpuinfo_clock_flags("\n\n\nflags").count, 0);
    assert_int_equal(cpuinfo_clock_flags("flags:").count, 0);
    assert_int_equal(cpuinfo_clock_flags("flags: tsc").count, 1);
}

static void a_log_record_has_level_time_and_the_first_line_of_its_text(void **unused)
{
    struct log_line line = line_of("30,339,5140900,-;tsc: Detected 2300 MHz\n SUBSYSTEM=cpu\n");

    (void)unused;
    assert_int_equal(line.level, 6);
    assert_int_equal(line.time_us, 5140900);
    assert_string_equal(line.text, "tsc: Detected 2300 MHz");
    assert_string_equal(line_of("4,1,2,-,more;one\\x0atwo\n").text, "one");
    assert_string_equal(line_of("4,1,2;").text, "");
}

static void what_is_no_log_record_is_refused(void **unused)
{
    static const char *const records[] = {
        "",
        ";",
        "6",
        "6,1",
        "6,1,2,-",
        "a;b",
        "6,;text",
        "6,1,;x",
        ",,,;x",
        "-1,1,1;x",
        "6 1 2;x",
        "99999999999999999999,1,1;x",
        "6,1,18446744073709551616;x",
    };
    struct log_line line;

    (void)unused;
    for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
        assert_false(log_line_parse(records[i], strlen(records[i]), &line));
}

static void a_log_text_is_cut_at_its_room_and_the_record_at_its_length(void **unused)
{
    size_t length = 5000;
    char *record = malloc(length);
    struct log_line line;

    (void)unused;
    assert_non_null(record);
    memset(record, 'x', length);
    memcpy(record, "6,1,2,-;", 8);
    assert_true(log_line_parse(record, length, &line));
    assert_int_equal(strlen(line.text), LOG_TEXT_BYTES - 1);
    assert_true(log_line_parse(record, 10, &line));
    assert_string_equal(line.text, "xx");
    assert_false(log_line_parse(record, 7, &line));
    free(record);
}

static void log_lines_are_filed_by_what_they_are_about(void **unused)
{
    (void)unused;
    assert_int_equal(class_of(6, "clocksource: Switched to clocksource kvm-clock"), LOG_CLOCK);
    assert_int_equal(class_of(6, "rtc_cmos 00:04: setting system clock"), LOG_CLOCK);
    assert_int_equal(class_of(6, "ACPI: PM-Timer IO Port: 0x608"), LOG_CLOCK);
    assert_int_equal(class_of(4, "TSC synchronization [CPU#0 -> CPU#1]:"), LOG_CLOCK);
    assert_int_equal(class_of(5, "Kernel command line: tsc=unstable hpet=off"), LOG_OTHER);
    assert_int_equal(class_of(6, "start the portcls driver"), LOG_OTHER);
    assert_int_equal(class_of(4, "mtrr: your CPUs had inconsistent settings"), LOG_WARNING);
    assert_int_equal(class_of(5, "Linux version 6.12"), LOG_OTHER);
}

static void warnings_of_acpi_are_told_from_warnings_that_mention_it(void **unused)
{
    (void)unused;
    assert_int_equal(class_of(4, "ACPI BIOS Warning (bug): Incorrect checksum in table [HPET]"),
                     LOG_ACPI_PROBLEM);
    assert_int_equal(class_of(3, "ACPI Error: AE_NOT_FOUND"), LOG_ACPI_PROBLEM);
    assert_int_equal(class_of(4, "acpi PNP0A03:00: fail to add MMCONFIG"), LOG_ACPI_PROBLEM);
    assert_int_equal(class_of(1, "[Firmware Bug]: ACPI: no PM timer"), LOG_ACPI_PROBLEM);
    assert_int_equal(class_of(4, "amd_pstate: the _CPC object is not present or ACPI disabled"),
                     LOG_WARNING);
    assert_int_equal(class_of(6, "ACPI: Interpreter enabled"), LOG_OTHER);
}

static void giving_up_on_a_clock_is_seen(void **unused)
{
    struct log_line line = {.text =
                                "tsc: Marking TSC unstable due to check_tsc_sync_source failed"};
    struct log_line watchdog = {.text =
                                    "timekeeping watchdog: Marking clocksource 'tsc' as unstable"};
    struct log_line good = {.text = "clocksource: tsc: mask: 0xffffffffffffffff"};
    struct log_line asked = {.text = "tsc: Marking TSC unstable due to boot parameter"};
    struct log_line assumed = {.text = "tsc: Marking TSC unstable due to TSCs unsynchronized"};

    (void)unused;
    assert_true(log_line_says_unstable(&line));
    assert_true(log_line_says_unstable(&watchdog));
    assert_false(log_line_says_unstable(&good));
    assert_false(log_line_says_unstable(&asked));
    assert_false(log_line_says_unstable(&assumed));
    assert_true(log_line_is_highlight(&line));
}

static bool complains(unsigned level, const char *text)
{
    struct log_line line = {.level = level};

    strncpy(line.text, text, sizeof(line.text) - 1);
    return log_line_complains(&line);
}

static void complaints_are_of_watchdogs_and_of_lost_interrupts(void **unused)
{
    (void)unused;
    assert_true(complains(0, "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [init:1]"));
    assert_true(complains(3, "rcu: INFO: rcu_preempt self-detected stall on CPU"));
    assert_true(complains(3, "..MP-BIOS bug: 8254 timer not connected to IO-APIC"));
    assert_true(complains(4, "rtc: lost some interrupts at 1024Hz."));
    assert_true(complains(4, "hpet: Lost 64 RTC interrupts"));
    assert_false(complains(4, "hpet: Lost 63 RTC interrupts"));
    assert_false(complains(4, "hpet: Lost my way"));
    assert_false(complains(4, "clocksource: Long readout interval, skipping watchdog check"));
    assert_false(complains(6, "NMI watchdog: Perf NMI watchdog permanently disabled"));
    assert_false(complains(4, "PCI: System does not support PCI"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_the_words_in_their_order),
        cmocka_unit_test(names_too_long_or_too_many_are_left_out),
        cmocka_unit_test(cpu_flags_are_those_of_clocks_of_the_first_cpu),
        cmocka_unit_test(cpu_flags_of_a_text_without_them_are_none),
        cmocka_unit_test(a_log_record_has_level_time_and_the_first_line_of_its_text),
        cmocka_unit_test(what_is_no_log_record_is_refused),
        cmocka_unit_test(a_log_text_is_cut_at_its_room_and_the_record_at_its_length),
        cmocka_unit_test(log_lines_are_filed_by_what_they_are_about),
        cmocka_unit_test(warnings_of_acpi_are_told_from_warnings_that_mention_it),
        cmocka_unit_test(giving_up_on_a_clock_is_seen),
        cmocka_unit_test(complaints_are_of_watchdogs_and_of_lost_interrupts),
    };

    return cmocka_run_group_tests_name("probe_parse", tests, NULL, NULL);
}
