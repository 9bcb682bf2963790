/* SPDX-License-Identifier: BSD-2-Clause */
/* The checklist's answers from recorded reports. */
#include "tests/unit/unit.h"

#include <string.h>

#include "check/checklist.h"
#include "tests/unit/report_file.h"

static struct checklist checklist;

static const char *answer_to(const struct report *report, enum checklist_item item)
{
    checklist_answer(report, &checklist);
    return checklist.answers[item];
}

static void a_guest_on_kvmclock_is_explained(void **unused)
{
    const struct report *report = report_file_read("kvm-clock");

    (void)unused;
    assert_string_equal(
        answer_to(report, CHECKLIST_APPLICATION),
        "kvm-clock, in the vDSO if its pages say TSC_STABLE, or else by a system call; "
        "a read takes 91 ns");
    assert_string_equal(checklist.answers[CHECKLIST_CHOICE],
                        "kvm-clock: its rating 400 is the highest of those available; Linux rates "
                        "it 400 (arch/x86/kernel/kvmclock.c), but 299 if the TSC is constant and "
                        "nonstop");
    assert_string_equal(checklist.answers[CHECKLIST_AVAILABLE],
                        "kvm-clock (400), tsc (300), hpet (250), acpi_pm (200), with their "
                        "ratings");
    assert_string_equal(checklist.answers[CHECKLIST_UNSTABLE], "no");
    assert_string_equal(checklist.answers[CHECKLIST_NTP],
                        "no: adjtimex says not synchronized, frequency +0 ppb, tick 10000 us, "
                        "offset 0 ns");
    assert_string_equal(checklist.answers[CHECKLIST_MOVED],
                        "no: while it was measured, the machine's guest time ran at -2 ppb +- "
                        "293.0 ppm against the host's clock");
    assert_string_equal(checklist.answers[CHECKLIST_PARAVIRT],
                        "yes: CPUID names KVMKVMKVM, with KVM's features 0x1005cdb");
}

/* CPUID says TSC_STABLE in both; what the pages say shows where the clock is read. */
static void how_an_application_reads_the_clock_is_what_the_probe_found_out(void **unused)
{
    struct report *report = report_file_read("kvm-clock");

    (void)unused;
    report->sources[0].read_by = READ_BY_VDSO;
    assert_string_equal(answer_to(report, CHECKLIST_APPLICATION),
                        "kvm-clock, in the vDSO, without a system call; a read takes 91 ns");
    assert_string_equal(
        checklist.answers[CHECKLIST_PARAVIRT],
        "yes: CPUID names KVMKVMKVM, with KVM's features 0x1005cdb; its pages say TSC_STABLE");
    report->sources[0].read_by = READ_BY_SYSTEM_CALL;
    assert_string_equal(answer_to(report, CHECKLIST_APPLICATION),
                        "kvm-clock, by a system call; a read takes 91 ns");
    assert_string_equal(checklist.answers[CHECKLIST_PARAVIRT],
                        "yes: CPUID names KVMKVMKVM, with KVM's features 0x1005cdb; its pages do "
                        "not say TSC_STABLE");
}

static void a_guest_that_lost_its_tsc_is_explained(void **unused)
{
    const struct report *report = report_file_read("hpet-by-itself");

    (void)unused;
    assert_string_equal(answer_to(report, CHECKLIST_APPLICATION),
                        "hpet, by a system call, which makes an exit; a read takes 72.4 us");
    assert_string_equal(checklist.answers[CHECKLIST_UNSTABLE],
                        "yes: tsc: Marking TSC unstable due to could not calculate TSC khz");
    assert_string_equal(checklist.answers[CHECKLIST_PARAVIRT],
                        "no: CPUID names KVMKVMKVM, with KVM's features 0x5cd2");
}

static void an_invariant_tsc_lowers_the_rating_of_kvmclock(void **unused)
{
    (void)unused;
    assert_string_equal(answer_to(report_file_read("invtsc-2"), CHECKLIST_AVAILABLE),
                        "tsc (300), kvm-clock (299), hpet (250), acpi_pm (200), with their "
                        "ratings");
}

static void a_choice_against_the_ratings_is_pointed_out(void **unused)
{
    struct report *report = report_file_read("kvm-clock");

    (void)unused;
    strcpy(report->clocksource, "hpet");
    assert_string_equal(answer_to(report, CHECKLIST_CHOICE),
                        "hpet: its rating 250 is NOT the highest available; Linux rates it 250 "
                        "(arch/x86/kernel/hpet.c)");
    strcat(report->command_line, " clocksource=hpet");
    assert_string_equal(answer_to(report, CHECKLIST_CHOICE),
                        "hpet: clocksource= is on the command line");
}

static void ntp_and_a_vm_that_stopped_are_seen(void **unused)
{
    struct report *report = report_file_read("kvm-clock");

    (void)unused;
    report->ntp.frequency_ppb = -12000;
    report->raw_drift.machine = (struct ppb){-400000, 20};
    assert_string_equal(answer_to(report, CHECKLIST_NTP),
                        "yes: adjtimex says not synchronized, frequency -12.0 ppm, tick 10000 us, "
                        "offset 0 ns");
    assert_string_equal(checklist.answers[CHECKLIST_MOVED],
                        "yes: while it was measured, the machine's guest time ran at -400.0 ppm "
                        "+- 20 ppb against the host's clock");
}

static void what_the_report_does_not_tell_is_not_known(void **unused)
{
    static const struct report nothing = {.clocksource = "x"};
    struct report *gaps = report_file_read("kvm-clock");

    (void)unused;
    assert_string_equal(answer_to(&nothing, CHECKLIST_APPLICATION),
                        "x, of which it is not known whether the vDSO reads it");
    assert_string_equal(checklist.answers[CHECKLIST_CHOICE], "x: no driver of Linux's own");
    for (unsigned i = CHECKLIST_UNSTABLE; i <= CHECKLIST_MOVED; i++)
        assert_memory_equal(checklist.answers[i], "not known: ", strlen("not known: "));
    assert_string_equal(checklist.answers[CHECKLIST_PARAVIRT], "no: CPUID names no hypervisor");
    gaps->log_gaps = 1;
    assert_string_equal(answer_to(gaps, CHECKLIST_UNSTABLE),
                        "not known: the kernel overwrote lines of its log before they were read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_on_kvmclock_is_explained),
        cmocka_unit_test(how_an_application_reads_the_clock_is_what_the_probe_found_out),
        cmocka_unit_test(a_guest_that_lost_its_tsc_is_explained),
        cmocka_unit_test(an_invariant_tsc_lowers_the_rating_of_kvmclock),
        cmocka_unit_test(a_choice_against_the_ratings_is_pointed_out),
        cmocka_unit_test(ntp_and_a_vm_that_stopped_are_seen),
        cmocka_unit_test(what_the_report_does_not_tell_is_not_known),
    };

    return cmocka_run_group_tests_name("check_checklist", tests, NULL, NULL);
}
