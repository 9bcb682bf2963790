/* SPDX-License-Identifier: BSD-2-Clause */
/* See control_fault.h. */
#include "vmm/cmd/control_fault.h"

#include "vmm/cmd/run_control.h"

void control_fault(struct qmp_call *call, struct run_control *run)
{
    char line[FAULT_ERROR_BYTES];
    struct fault fault;
    struct text why;

    text_init(&why, line, sizeof line);
    if (!fault_from_json(call->arguments, &fault, &why) || !run_control_fault(run, &fault, &why))
        qmp_fail(call, "%s", line[0] != '\0' ? line : "the run is ending");
}

static json_t *words_of(const struct fault_argument *argument)
{
    json_t *list = json_array();

    for (int64_t i = 0; i <= argument->max; i++)
        json_array_append_new(list, json_string(argument->words[i]));
    return list;
}

/* Numbers are in the unit's terms, as those of a fault's values. */
static json_t *argument_to_json(const struct fault_argument *argument)
{
    json_t *object =
        json_pack("{s:s,s:s}", "name", argument->name, "unit", fault_value_unit(argument));

    if (argument->unit == FAULT_WORD) {
        json_object_set_new(object, "words", words_of(argument));
    } else {
        json_object_set_new(object, "min", json_integer((json_int_t)argument->min));
        json_object_set_new(object, "max", json_integer((json_int_t)argument->max));
    }
    if (argument->use != FAULT_REQUIRED)
        json_object_set_new(object, "use",
                            json_string(argument->use == FAULT_OPTIONAL ? "optional" : "one-of"));
    return object;
}

static json_t *arguments_of(const struct fault_row *row)
{
    json_t *list = json_array();

    for (unsigned i = 0; row->arguments[i].name != NULL; i++)
        json_array_append_new(list, argument_to_json(&row->arguments[i]));
    return list;
}

json_t *control_query_faults(void)
{
    json_t *list = json_array();

    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        const struct fault_row *row = &fault_rows[kind];
        char needs[64];
        struct text text;

        text_init(&text, needs, sizeof needs);
        fault_add_needs(row, &text);
        json_array_append_new(list,
                              json_pack("{s:s,s:o,s:s,s:s}", "fault", row->name, "arguments",
                                        arguments_of(row), "needs", needs, "help", row->help));
    }
    return list;
}

json_t *control_fault_data(const struct fault *fault, uint64_t guest_ns)
{
    json_t *data = fault_to_json(fault);

    json_object_set_new(data, "guest-ns", json_integer((json_int_t)guest_ns));
    return data;
}
