/* SPDX-License-Identifier: BSD-2-Clause */
/* The findings for people and as JSON. See doctor.h. */
#include "check/doctor.h"

#include <string.h>

#include "check/json_text.h"

const char *doctor_level_word(enum doctor_level level)
{
    static const char *const words[] = {
        [DOCTOR_OK] = "ok", [DOCTOR_LIMIT] = "limit", [DOCTOR_NO] = "no", [DOCTOR_UNKNOWN] = "n/a"};

    return words[level];
}

static const char *instruction_word(enum doctor_instruction_result result)
{
    static const char *const words[] = {
        [DOCTOR_INSTRUCTION_RAN] = "ran",         [DOCTOR_INSTRUCTION_NOT_OFFERED] = "not-offered",
        [DOCTOR_INSTRUCTION_NOT_RUN] = "not-run", [DOCTOR_INSTRUCTION_FAULTED] = "faulted",
        [DOCTOR_INSTRUCTION_HUNG] = "hung",       [DOCTOR_INSTRUCTION_LOST] = "lost"};

    return words[result];
}

static const char *setting_word(enum doctor_setting setting)
{
    static const char *const words[] = {[DOCTOR_SETTING_NOT_MEASURED] = "not-measured",
                                        [DOCTOR_SETTING_EFFECTIVE] = "effective",
                                        [DOCTOR_SETTING_IGNORED] = "ignored",
                                        [DOCTOR_SETTING_REFUSED] = "refused"};

    return words[setting];
}

void doctor_write_table(const struct doctor_report *report, struct text *out)
{
    for (unsigned i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];

        text_add(out, "%-16s  %-5s  %s\n", finding->topic, doctor_level_word(finding->level),
                 finding->seen);
        if (finding->advice[0] != '\0')
            text_add(out, "%-16s  %-5s  -> %s\n", "", "", finding->advice);
    }
    text_add(out, "Linux can%s be booted here\n", doctor_can_boot(report) ? "" : "not");
}

static json_t *text_or_null(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *findings_to_json(const struct doctor_report *report)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < report->count; i++) {
        const struct doctor_finding *finding = &report->findings[i];

        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:s, s:o}", "topic", finding->topic, "level",
                                        doctor_level_word(finding->level), "seen", finding->seen,
                                        "advice", text_or_null(finding->advice)));
    }
    return array;
}

static json_t *capabilities_to_json(const struct doctor_facts *facts)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < facts->capability_count; i++) {
        const struct doctor_capability *capability = &facts->capabilities[i];

        json_array_append_new(array,
                              json_pack("{s:s, s:b, s:b, s:s}", "name", capability->name,
                                        "required", capability->required, "present",
                                        capability->present, "absence", capability->absence));
    }
    return array;
}

static json_t *instructions_to_json(const struct doctor_facts *facts)
{
    json_t *array = json_array();

    for (unsigned i = 0; i < facts->instruction_count; i++)
        json_array_append_new(array,
                              json_pack("{s:s, s:s}", "name", facts->instructions[i].name, "result",
                                        instruction_word(facts->instructions[i].result)));
    return array;
}

static json_t *tsc_to_json(const struct doctor_facts *facts)
{
    bool known = facts->tsc_bound_ppt != UINT64_MAX;

    return json_pack(
        "{s:b, s:o, s:o, s:b, s:s, s:s}", "invariant", facts->tsc_invariant, "rate_millihz",
        known ? json_integer((json_int_t)facts->tsc_millihz) : json_null(), "bound_ppt",
        known ? json_integer((json_int_t)facts->tsc_bound_ppt) : json_null(), "one_rate",
        !facts->tsc_changed_rate, "offset", setting_word(facts->tsc_offset), "scaling",
        setting_word(facts->tsc_scaling));
}

static json_t *ntp_to_json(const struct doctor_facts *facts)
{
    if (!facts->ntp_known)
        return json_null();
    return json_pack("{s:b, s:I, s:I}", "synchronized", facts->ntp_synchronized, "frequency_ppb",
                     (json_int_t)facts->ntp_frequency_ppb, "offset_ns",
                     (json_int_t)facts->ntp_offset_ns);
}

void doctor_write_json(const struct doctor_facts *facts, const struct doctor_report *report,
                       struct text *out)
{
    json_t *document = json_pack(
        "{s:s, s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "schema", DOCTOR_SCHEMA, "can_boot",
        doctor_can_boot(report), "findings", findings_to_json(report), "hardware",
        facts->vmx   ? "VMX"
        : facts->svm ? "SVM"
                     : "none",
        "hypervisor", text_or_null(facts->hypervisor), "clocksource",
        text_or_null(facts->clocksource), "capabilities", capabilities_to_json(facts),
        "instructions", instructions_to_json(facts), "tsc", tsc_to_json(facts), "ntp",
        ntp_to_json(facts));

    json_text_write(document, out);
}
