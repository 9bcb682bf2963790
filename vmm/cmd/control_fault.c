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

static json_t *arguments_of(const struct fault_row *row)
{
    json_t *list = json_array();

    for (unsigned i = 0; row->arguments[i].name != NULL; i++) {
        const struct fault_argument *argument = &row->arguments[i];

        json_array_append_new(list, json_pack("{s:s,s:s,s:I,s:I}", "name", argument->name, "unit",
                                              argument->unit == FAULT_DURATION ? "ns" : "ppb",
                                              "min", (json_int_t)argument->min, "max",
                                              (json_int_t)argument->max));
    }
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
