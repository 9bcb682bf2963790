/* SPDX-License-Identifier: BSD-2-Clause */
/* What the doctor makes of a host's facts: every finding, and every advice. */
#include "tests/unit/unit.h"

#include <string.h>

#include "check/doctor.h"

static struct doctor_report report;

/* A host that lacks nothing. */
static struct doctor_facts good_host(void)
{
    return (struct doctor_facts){
        .kvm_usable = true,
        .kvm_problem = "",
        .max_vcpus = 288,
        .vmx = true,
        .capabilities = {{"KVM_CAP_NEEDED", true, true, "nothing works"},
                         {"KVM_CAP_NICE", false, true, "one thing is missing"}},
        .capability_count = 2,
        .instructions = {{"int3", DOCTOR_INSTRUCTION_RAN}, {"popcnt", DOCTOR_INSTRUCTION_RAN}},
        .instruction_count = 2,
        .tsc_offset = DOCTOR_SETTING_EFFECTIVE,
        .tsc_scaling = DOCTOR_SETTING_EFFECTIVE,
        .tsc_invariant = true,
        .clocksource = "tsc",
        .tsc_millihz = 2596138408745,
        .tsc_bound_ppt = 469260,
        .tsc_baseline_ns = 107000000,
        .ntp_known = true,
        .ntp_synchronized = true,
        .ntp_frequency_ppb = -12000,
        .ntp_offset_ns = 1500,
        .has_seccomp = true,
        .landlock_version = 7,
    };
}

static const struct doctor_finding *finding_on(const struct doctor_facts *facts, const char *topic)
{
    doctor_judge(facts, &report);
    for (unsigned i = 0; i < report.count; i++)
        if (strcmp(report.findings[i].topic, topic) == 0)
            return &report.findings[i];
    fail_msg("no finding on %s", topic);
    return NULL;
}

static void assert_finding(const struct doctor_facts *facts, const char *topic,
                           enum doctor_level level, const char *seen, const char *advice)
{
    const struct doctor_finding *finding = finding_on(facts, topic);

    assert_string_equal(finding->seen, seen);
    assert_string_equal(finding->advice, advice);
    assert_int_equal(finding->level, level);
    assert_int_equal(doctor_can_boot(&report), level != DOCTOR_NO);
}

static void a_host_that_lacks_nothing_boots_linux_without_advice(void **unused)
{
    const struct doctor_facts facts = good_host();
    char bytes[2048];
    struct text text;

    (void)unused;
    doctor_judge(&facts, &report);
    text_init(&text, bytes, sizeof bytes);
    doctor_write_table(&report, &text);
    assert_string_equal(
        bytes, "/dev/kvm          ok     can be opened, for guests of up to 288 vCPUs\n"
               "hardware          ok     VMX, on the bare machine\n"
               "kernel-mode code  ok     runs: int3, popcnt\n"
               "capabilities      ok     2 of the 2 that are used are there\n"
               "host TSC          ok     invariant: constant and nonstop, says CPUID\n"
               "clocksource       ok     the host keeps time by tsc\n"
               "calibration       ok     2596138408.745 Hz +- 469.260 ppb, by "
               "CLOCK_MONOTONIC_RAW over 107 ms\n"
               "TSC offset        ok     effective, as a guest finds that reads its TSC\n"
               "TSC scaling       ok     effective, as a guest finds that reads its TSC\n"
               "NTP               ok     the host's clock is synchronized, frequency -12.0 ppm, "
               "offset +1.5 us\n"
               "sandbox           ok     seccomp, and Landlock of version 7\n"
               "Linux can be booted here\n");
}

static void without_dev_kvm_it_says_why_and_asks_it_nothing(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    facts.kvm_usable = false;
    facts.kvm_problem = "no permission: join 100 % of the groups";
    assert_finding(&facts, "/dev/kvm", DOCTOR_NO, "cannot be used",
                   "no permission: join 100 % of the groups");
    assert_int_equal(finding_on(&facts, "kernel-mode code")->level, DOCTOR_UNKNOWN);
    assert_string_equal(finding_on(&facts, "kernel-mode code")->seen,
                        "not asked: /dev/kvm is not usable");
    assert_int_equal(finding_on(&facts, "capabilities")->level, DOCTOR_UNKNOWN);
    assert_string_equal(finding_on(&facts, "capabilities")->seen,
                        "not asked: /dev/kvm is not usable");
}

static void hardware_without_virtualization_is_a_limit_where_kvm_works_all_the_same(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    facts.vmx = false;
    assert_finding(&facts, "hardware", DOCTOR_LIMIT, "neither VMX nor SVM, on the bare machine",
                   "enable virtualization in the firmware, or nested virtualization in the "
                   "hypervisor below");
    facts.svm = true;
    strcpy(facts.hypervisor, "KVMKVMKVM");
    assert_finding(&facts, "hardware", DOCTOR_OK, "SVM, in a virtual machine (KVMKVMKVM)", "");
}

static void a_missing_capability_has_a_line_with_what_its_absence_means(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    facts.capabilities[1].present = false;
    assert_finding(&facts, "capability", DOCTOR_LIMIT,
                   "KVM_CAP_NICE is missing: one thing is missing", "Linux boots without it");
    assert_string_equal(finding_on(&facts, "capabilities")->seen,
                        "1 of the 2 that are used are there");
    facts.capabilities[0].present = false;
    assert_finding(&facts, "capability", DOCTOR_NO, "KVM_CAP_NEEDED is missing: nothing works",
                   "Linux 5.16 or newer has it");
}

static void a_kvm_that_cannot_run_kernel_code_boots_no_linux(void **unused)
{
    static const struct {
        enum doctor_instruction_result result;
        const char *seen;
    } rows[] = {
        {DOCTOR_INSTRUCTION_NOT_RUN, "KVM stops (KVM_EXIT_INTERNAL_ERROR) at popcnt"},
        {DOCTOR_INSTRUCTION_FAULTED, "CPUID offers and the guest faults at popcnt"},
        {DOCTOR_INSTRUCTION_HUNG, "no end of popcnt"},
        {DOCTOR_INSTRUCTION_LOST, "a wrong exit at popcnt"},
    };
    static const char advice[] =
        "stock kernels need them in kernel mode: use a host with VMX or SVM, or the lab "
        "(docs/lab.md)";
    struct doctor_facts facts = good_host();

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        facts.instructions[1].result = rows[i].result;
        assert_finding(&facts, "kernel-mode code", DOCTOR_NO, rows[i].seen, advice);
    }
    facts.instructions[0].result = DOCTOR_INSTRUCTION_NOT_RUN;
    assert_finding(&facts, "kernel-mode code", DOCTOR_NO,
                   "KVM stops (KVM_EXIT_INTERNAL_ERROR) at int3; a wrong exit at popcnt", advice);
}

static void an_instruction_that_cpuid_does_not_offer_is_not_needed(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    facts.instructions[1].result = DOCTOR_INSTRUCTION_NOT_OFFERED;
    assert_finding(&facts, "kernel-mode code", DOCTOR_OK,
                   "runs: int3; not offered by CPUID: popcnt", "");
}

static void a_tsc_that_is_not_trusted_costs_tsc_stable(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    facts.tsc_invariant = false;
    assert_finding(&facts, "host TSC", DOCTOR_LIMIT, "not invariant, says CPUID",
                   "kvm-clock is published without TSC_STABLE, and guest time follows the host's "
                   "clock once a second; do not give --invtsc");
    facts.clocksource = "hpet";
    assert_finding(&facts, "clocksource", DOCTOR_LIMIT, "the host keeps time by hpet",
                   "kvm-clock is published without TSC_STABLE; the host's kernel log says why it "
                   "does not keep time by its TSC");
    facts.clocksource = "";
    assert_string_equal(finding_on(&facts, "clocksource")->seen,
                        "the host keeps time by a clock that it does not name");
}

static void what_kvm_makes_of_tsc_settings_is_said_as_it_was_measured(void **unused)
{
    static const struct {
        enum doctor_setting setting;
        enum doctor_level level;
        const char *seen;
    } rows[] = {
        {DOCTOR_SETTING_IGNORED, DOCTOR_LIMIT,
         "accepted by KVM and ignored, as a guest finds that reads its TSC"},
        {DOCTOR_SETTING_REFUSED, DOCTOR_LIMIT, "refused by KVM"},
        {DOCTOR_SETTING_NOT_MEASURED, DOCTOR_UNKNOWN, "not measured"},
    };
    struct doctor_facts facts = good_host();

    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool limit = rows[i].level == DOCTOR_LIMIT;

        facts.tsc_offset = facts.tsc_scaling = rows[i].setting;
        assert_finding(&facts, "TSC offset", rows[i].level, rows[i].seen,
                       limit ? "--tsc offset= has no effect, and the TSC goes on in a pause: use a "
                               "host with VMX or SVM, or the lab (docs/lab.md)"
                             : "");
        assert_finding(&facts, "TSC scaling", rows[i].level, rows[i].seen,
                       limit ? "--tsc khz= has no effect; kvm-clock does not need it" : "");
    }
}

static void a_rate_without_a_bound_boots_no_linux_and_a_wide_one_is_a_limit(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    facts.tsc_bound_ppt = 10001000;
    assert_finding(&facts, "calibration", DOCTOR_LIMIT,
                   "2596138408.745 Hz +- 10001.000 ppb, by CLOCK_MONOTONIC_RAW over 107 ms",
                   "the host's clock is coarse or the host busy; the bound shrinks as a run goes "
                   "on");
    facts.tsc_bound_ppt = 10000999;
    assert_int_equal(finding_on(&facts, "calibration")->level, DOCTOR_OK);
    facts.tsc_bound_ppt = 10000000999;
    assert_int_equal(finding_on(&facts, "calibration")->level, DOCTOR_LIMIT);
    facts.tsc_bound_ppt = 10000001000;
    assert_int_equal(finding_on(&facts, "calibration")->level, DOCTOR_NO);
    facts.tsc_bound_ppt = UINT64_MAX;
    assert_finding(&facts, "calibration", DOCTOR_NO,
                   "the TSC stands still or runs backwards, or the host's clock is too coarse",
                   "guest time needs both: let the host keep time by another clocksource");
    facts.tsc_changed_rate = true;
    assert_finding(&facts, "calibration", DOCTOR_LIMIT,
                   "the TSC did not keep one rate, or it or the host's clock has stepped",
                   "kvm-clock loses TSC_STABLE then; see the host's kernel log, and the "
                   "hypervisor below");
}

static void a_host_without_ntp_may_have_a_wrong_date(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    facts.ntp_synchronized = false;
    assert_finding(&facts, "NTP", DOCTOR_LIMIT,
                   "the host's clock is not synchronized, frequency -12.0 ppm, offset +1.5 us",
                   "the host's date may be off, and with it the guest's: run an NTP client on the "
                   "host");
    facts.ntp_known = false;
    assert_finding(&facts, "NTP", DOCTOR_UNKNOWN, "adjtimex does not say", "");
}

static void a_host_that_lacks_a_part_of_the_sandbox_says_which(void **unused)
{
    struct doctor_facts facts = good_host();

    (void)unused;
    assert_finding(&facts, "sandbox", DOCTOR_OK, "seccomp, and Landlock of version 7", "");
    facts.landlock_version = 0;
    assert_finding(&facts, "sandbox", DOCTOR_LIMIT, "seccomp without Landlock",
                   "a run that saves files could save them anywhere: use a kernel with Landlock "
                   "(since Linux 5.13, and in its list lsm=)");
    facts.has_seccomp = false;
    assert_finding(&facts, "sandbox", DOCTOR_LIMIT, "this kernel has no seccomp",
                   "a run has no sandbox: use a kernel with CONFIG_SECCOMP_FILTER");
}

static json_t *to_json(const struct doctor_facts *facts)
{
    static char bytes[DOCTOR_DOCUMENT_BYTES];
    struct text text;
    json_t *document;

    doctor_judge(facts, &report);
    text_init(&text, bytes, sizeof bytes);
    doctor_write_json(facts, &report, &text);
    document = json_loads(bytes, 0, NULL);
    assert_non_null(document);
    return document;
}

static void json_has_the_facts_and_null_for_what_is_not_known(void **unused)
{
    struct doctor_facts facts = good_host();
    json_t *document = to_json(&facts), *tsc = json_object_get(document, "tsc");

    (void)unused;
    assert_true(json_is_true(json_object_get(document, "can_boot")));
    assert_int_equal(json_array_size(json_object_get(document, "findings")), 11);
    assert_int_equal(json_array_size(json_object_get(document, "capabilities")), 2);
    assert_int_equal(json_array_size(json_object_get(document, "instructions")), 2);
    assert_int_equal(json_integer_value(json_object_get(tsc, "rate_millihz")), 2596138408745);
    assert_int_equal(json_integer_value(json_object_get(tsc, "bound_ppt")), 469260);
    assert_true(json_is_null(json_object_get(document, "hypervisor")));
    json_decref(document);

    facts.kvm_usable = false;
    facts.tsc_bound_ppt = UINT64_MAX;
    facts.ntp_known = false;
    document = to_json(&facts);
    tsc = json_object_get(document, "tsc");
    assert_true(json_is_false(json_object_get(document, "can_boot")));
    assert_true(json_is_null(json_object_get(tsc, "rate_millihz")));
    assert_true(json_is_null(json_object_get(tsc, "bound_ppt")));
    assert_true(json_is_null(json_object_get(document, "ntp")));
    json_decref(document);
}

/* The longest texts that there can be: no finding, no document is cut off. */
static void the_worst_host_fits(void **unused)
{
    static char absence[100], bytes[DOCTOR_DOCUMENT_BYTES];
    struct doctor_facts facts = {.kvm_usable = true, .clocksource = ""};
    struct text text;

    (void)unused;
    memset(absence, 'x', sizeof absence - 1);
    for (unsigned i = 0; i < DOCTOR_CAPABILITIES_MAX; i++)
        facts.capabilities[i] =
            (struct doctor_capability){"KVM_CAP_OF_A_RATHER_LONG_NAME", true, false, absence};
    facts.capability_count = DOCTOR_CAPABILITIES_MAX;
    for (unsigned i = 0; i < DOCTOR_INSTRUCTIONS_MAX; i++)
        facts.instructions[i] =
            (struct doctor_instruction){"instruction", DOCTOR_INSTRUCTION_NOT_RUN};
    facts.instruction_count = DOCTOR_INSTRUCTIONS_MAX;
    doctor_judge(&facts, &report);
    assert_true(report.count <= DOCTOR_FINDINGS_MAX);
    for (unsigned i = 0; i < report.count; i++) {
        assert_true(strlen(report.findings[i].seen) < DOCTOR_TEXT_BYTES - 1);
        assert_true(strlen(report.findings[i].advice) < DOCTOR_TEXT_BYTES - 1);
    }
    text_init(&text, bytes, sizeof bytes);
    doctor_write_json(&facts, &report, &text);
    assert_false(text.cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_that_lacks_nothing_boots_linux_without_advice),
        cmocka_unit_test(without_dev_kvm_it_says_why_and_asks_it_nothing),
        cmocka_unit_test(hardware_without_virtualization_is_a_limit_where_kvm_works_all_the_same),
        cmocka_unit_test(a_missing_capability_has_a_line_with_what_its_absence_means),
        cmocka_unit_test(a_kvm_that_cannot_run_kernel_code_boots_no_linux),
        cmocka_unit_test(an_instruction_that_cpuid_does_not_offer_is_not_needed),
        cmocka_unit_test(a_tsc_that_is_not_trusted_costs_tsc_stable),
        cmocka_unit_test(what_kvm_makes_of_tsc_settings_is_said_as_it_was_measured),
        cmocka_unit_test(a_rate_without_a_bound_boots_no_linux_and_a_wide_one_is_a_limit),
        cmocka_unit_test(a_host_without_ntp_may_have_a_wrong_date),
        cmocka_unit_test(a_host_that_lacks_a_part_of_the_sandbox_says_which),
        cmocka_unit_test(json_has_the_facts_and_null_for_what_is_not_known),
        cmocka_unit_test(the_worst_host_fits),
    };

    return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
