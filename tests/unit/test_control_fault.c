/* SPDX-License-Identifier: BSD-2-Clause */
/* The control socket's commands fault, query-faults and trace-mark, on a machine that runs. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time_math.h"
#include "tests/unit/control_answer.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "tests/unit/trace_reader.h"
#include "vmm/cmd/control_commands.h"
#include "vmm/cmd/control_fault.h"
#include "vmm/cmd/run_control.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_trace.h"

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct run_control run;
static struct event_loop loop;
static struct control_target target = {&rig.machine, &run};
static struct machine_events events;

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(machine_events_open(&events), 0);
    machine->events = &events;
    event_loop_init(&loop);
    assert_int_equal(run_control_attach(&run, machine, &loop), 0);
    machine_rig_start(&rig);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    run_control_close(&run);
    machine_rig_destroy(&rig);
    machine_events_close(&events);
    return 0;
}

/* The answer to a command with arguments, an object, sorted; in static memory. */
static const char *answer(const char *name, const char *arguments)
{
    char request[192];

    snprintf(request, sizeof request, "{\"execute\":\"%s\",\"arguments\":%s}", name, arguments);
    return control_answer(&target, request);
}

static void assert_fails(const char *arguments, const char *desc)
{
    assert_non_null(strstr(answer("fault", arguments), desc));
    machine_rig_assert_no_event(&rig, &events);
}

static void a_fault_is_done_and_told(void **unused)
{
    struct machine_event_record record;
    char *text;
    json_t *data;

    (void)unused;
    assert_string_equal(answer("fault", "{\"fault\":\"jump\",\"by\":\"60m\"}"), "{\"return\":{}}");
    record = machine_rig_event(&rig, &events);
    assert_int_equal(record.event, MACHINE_FAULT);
    machine_rig_assert_no_event(&rig, &events);
    data = control_fault_data(&record.fault, 12345);
    text = json_dumps(data, QMP_TEXT_FLAGS | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"by\":\"1h\",\"fault\":\"jump\",\"guest-ns\":12345}");
    free(text);
    json_decref(data);
}

static void one_that_is_wrong_is_an_error(void **unused)
{
    (void)unused;
    assert_fails("{}", "the argument 'fault' is missing");
    assert_fails("{\"fault\":7}", "the argument 'fault' is to be a string");
    assert_fails("{\"fault\":\"jmp\"}", "'jmp' is no fault");
    assert_fails("{\"fault\":\"jump\"}", "jump: by is missing");
    assert_fails("{\"fault\":\"jump\",\"by\":[]}", "jump: by is to be a time");
    assert_fails("{\"fault\":\"jump\",\"by\":\"1h\",\"x\":{}}", "jump has no argument 'x'");
}

static void one_that_comes_at_the_wrong_time_is_an_error(void **unused)
{
    static const char jump[] = "{\"fault\":\"jump\",\"by\":\"1h\"}";

    (void)unused;
    answer("stop", "{}");
    assert_int_equal(machine_rig_event(&rig, &events).event, MACHINE_STOPPED);
    assert_fails(jump, "jump: the guest is paused; resume it first");
    answer("quit", "{}");
    assert_fails(jump, "the run is ending");
}

static void other_commands_take_no_arguments_but_their_own(void **unused)
{
    (void)unused;
    assert_non_null(strstr(answer("stop", "{\"by\":\"1h\"}"), "stop has no argument 'by'"));
}

static void the_end_of_a_fault_is_told_as_one(void **unused)
{
    const struct fault fault = {.kind = FAULT_HPET_STICK, .is_end = true, .values = {5000000000}};
    json_t *data = control_fault_data(&fault, 7);
    char *text = json_dumps(data, QMP_TEXT_FLAGS | JSON_SORT_KEYS);

    (void)unused;
    assert_string_equal(text,
                        "{\"end\":true,\"fault\":\"hpet.stick\",\"for\":\"5s\",\"guest-ns\":7}");
    free(text);
    json_decref(data);
}

static void the_table_is_told(void **unused)
{
    (void)unused;
    assert_non_null(strstr(answer("query-faults", "{}"), "\"unit\":\"ns\",\"use\":\"optional\"}"));
    assert_non_null(strstr(answer("query-faults", "{}"),
                           "{\"arguments\":[{\"max\":315360000000000000,\"min\":1,\"name\":"
                           "\"by\",\"unit\":\"ns\"}],\"fault\":\"jump\","));
}

static void a_mark_is_in_the_trace(void **unused)
{
    static struct machine_trace trace;
    static struct trace_reader reader;
    char path[] = "/tmp/minivmm-mark-XXXXXX";
    struct trace_event event;

    (void)unused;
    assert_non_null(strstr(answer("trace-mark", "{\"text\":\"a\"}"),
                           "this run has no trace; --trace FILE makes one"));
    assert_int_equal(close(mkstemp(path)), 0);
    rig.host.output_limit_bytes = UINT64_MAX;
    assert_int_equal(machine_trace_open(machine, &trace, path), 0);
    assert_non_null(
        strstr(answer("trace-mark", "{\"text\":\"\"}"), "'text' is to have from 1 to 480 bytes"));
    assert_string_equal(answer("trace-mark", "{\"text\":\"the client gives up\"}"),
                        "{\"return\":{}}");
    machine_trace_close(machine);
    trace_reader_open(&reader, path);
    assert_true(trace_reader_find(&reader, TRACE_MARK, &event));
    assert_string_equal(event.text, "the client gives up");
    assert_int_equal(trace_reader_count(&reader, TRACE_MARK), 0);
    trace_reader_close(&reader);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_fault_is_done_and_told, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_wrong_is_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_comes_at_the_wrong_time_is_an_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(other_commands_take_no_arguments_but_their_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_end_of_a_fault_is_told_as_one, setup, teardown),
        cmocka_unit_test_setup_teardown(the_table_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mark_is_in_the_trace, setup, teardown),
    };

    return cmocka_run_group_tests_name("control_fault", tests, NULL, NULL);
}
