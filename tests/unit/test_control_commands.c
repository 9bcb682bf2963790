/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the control socket, on a machine that runs, and the events that they bring. */
#include "tests/unit/unit.h"

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_math.h"
#include "tests/unit/control_answer.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/said.h"
#include "vmm/cmd/control_commands.h"
#include "vmm/cmd/run_control.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_vm.h"
#include "vmm/machine/quiesce.h"

#define LVT_LINT1 0x360
#define NMI       0x400
#define MASKED    0x10000

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct run_control run;
static struct event_loop loop;
static struct control_target target = {&rig.machine, &run};
static struct machine_events events;

static void make(void)
{
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(machine_events_open(&events), 0);
    machine->events = &events;
    event_loop_init(&loop);
    assert_int_equal(run_control_attach(&run, machine, &loop), 0);
    said();
}

static void start(void)
{
    assert_int_equal(machine_start(machine), 0);
    fake_clock_await_wait(1);
}

static int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig);
    machine_events_close(&events);
    return 0;
}

/* The answer to a command, sorted; in static memory. */
static const char *answer(const char *name)
{
    char request[64];

    snprintf(request, sizeof request, "{\"execute\":\"%s\"}", name);
    return control_answer(&target, request);
}

static struct machine_event_record event(void)
{
    return machine_rig_event(&rig, &events);
}

static void assert_no_event(void)
{
    machine_rig_assert_no_event(&rig, &events);
}

static void every_command_has_a_name_a_function_and_help(void **unused)
{
    struct qmp_server server = control_commands_server(NULL, "1.2.3");

    (void)unused;
    for (unsigned i = 0; i < server.count; i++) {
        assert_non_null(server.commands[i].run);
        assert_true(*server.commands[i].help != '\0');
        assert_ptr_equal(qmp_find(&server, server.commands[i].name), &server.commands[i]);
    }
}

static void versions_and_names_are_told(void **unused)
{
    (void)unused;
    make();
    assert_string_equal(answer("query-version"),
                        "{\"return\":{\"package\":\"minivmm 1.2.3\",\"qemu\":{\"major\":1,"
                        "\"micro\":3,\"minor\":2}}}");
    assert_non_null(strstr(answer("query-commands"), "{\"name\":\"qmp_capabilities\"}"));
    assert_non_null(strstr(answer("query-commands"), "{\"name\":\"query-commands\"}"));
}

static void each_machine_has_an_identity_of_its_own(void **unused)
{
    static const uint8_t id[GENERATION_ID_BYTES] = {0x32, 0x4e, 0x6e, 0xaf, 0xd1, 0xd1, 0x4b, 0xf6,
                                                    0xbf, 0x41, 0xb9, 0xbb, 0x6c, 0x91, 0xfb, 0x87};
    uint8_t first[GENERATION_ID_BYTES];

    (void)unused;
    make();
    memcpy(first, machine->generation_id, sizeof first);
    machine_rig_destroy(&rig);
    machine_rig_begin(&rig);
    make();
    assert_memory_not_equal(machine->generation_id, first, sizeof first);
    memcpy(machine->generation_id, id, sizeof id);
    assert_string_equal(answer("query-vm-generation-id"),
                        "{\"return\":{\"guid\":\"324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87\"}}");
}

static void stop_and_cont_pause_and_resume(void **unused)
{
    uint64_t at_ns;

    (void)unused;
    make();
    start();
    assert_string_equal(answer("query-status"),
                        "{\"return\":{\"running\":true,\"status\":\"running\"}}");
    assert_string_equal(answer("stop"), "{\"return\":{}}");
    at_ns = fake_clock.realtime_zero_ns + fake_clock_ns();
    assert_string_equal(answer("stop"), "{\"return\":{}}");
    assert_string_equal(answer("query-status"),
                        "{\"return\":{\"running\":false,\"status\":\"paused\"}}");
    assert_int_equal(event().event, MACHINE_STOPPED);
    assert_no_event();
    fake_clock_pass_ns(2 * NS_PER_SEC);
    assert_string_equal(answer("cont"), "{\"return\":{}}");
    assert_string_equal(answer("cont"), "{\"return\":{}}");
    assert_string_equal(answer("query-status"),
                        "{\"return\":{\"running\":true,\"status\":\"running\"}}");
    assert_in_range(event().realtime_ns, at_ns + 2 * NS_PER_SEC, at_ns + 3 * NS_PER_SEC);
    assert_no_event();
    assert_string_equal(said(),
                        "minivmm: paused by stop, cont resumes; guest time stands still\n"
                        "minivmm: resumed after 2.000 s, in which guest time stood still\n");
}

/* Until the guest runs there is no further step. */
static void await_run(void)
{
    bool left = false;

    while (!left) {
        sched_yield();
        machine_lock(machine);
        left = quiesce_all_have_left(machine);
        machine_unlock(machine);
    }
}

static void a_long_advance_goes_on_in_steps_of_the_loop(void **unused)
{
    (void)unused;
    rig.config.on_resume = ON_RESUME_ADVANCE;
    make();
    start();
    answer("stop");
    fake_clock_pass_ns(700 * NS_PER_SEC);
    answer("cont");
    assert_true(machine_pause_is_behind(machine));
    await_run();
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_true(machine_pause_is_behind(machine));
    fake_clock_pass_ns(MACHINE_PAUSE_BETWEEN_NS);
    assert_int_equal(event_loop_turn(&loop, 0), 0);
    assert_false(machine_pause_is_behind(machine));
}

static void the_power_button_is_pressed(void **unused)
{
    (void)unused;
    make();
    assert_string_equal(answer("system_powerdown"), "{\"return\":{}}");
    assert_int_equal(machine->board.pm.state.sts & ACPI_PM_PWRBTN_BIT, ACPI_PM_PWRBTN_BIT);
    assert_int_equal(event().event, MACHINE_POWER_BUTTON);
}

static void quit_ends_the_run(void **unused)
{
    (void)unused;
    make();
    assert_string_equal(answer("quit"), "{\"return\":{}}");
    assert_true(machine_is_ending(machine));
    assert_int_equal(machine->end_status, EXIT_STATUS_INTERRUPTED);
    assert_int_equal(machine->end_cause, MACHINE_ENDED_BY_QUIT);
    assert_string_equal(answer("query-status"),
                        "{\"return\":{\"running\":false,\"status\":\"shutdown\"}}");
}

static void system_reset_ends_it_as_a_reset_does(void **unused)
{
    struct machine_event_record record;

    (void)unused;
    make();
    answer("system_reset");
    assert_int_equal(machine->end_status, EXIT_STATUS_OK);
    assert_int_equal(machine->end_cause, MACHINE_ENDED_BY_SYSTEM_RESET);
    assert_string_equal(machine->end_text, "reset by system_reset of the control socket");
    record = event();
    assert_int_equal(record.event, MACHINE_RESET);
    assert_false(record.by_guest);
    assert_int_equal(record.value, MACHINE_ENDED_BY_SYSTEM_RESET);
}

static void a_guest_that_panicked_has_panicked_whoever_resets_it(void **unused)
{
    (void)unused;
    make();
    machine_lock(machine);
    machine->board.hooks.request(machine->board.hooks.ctx, GUEST_PANICKED, 0);
    machine->board.pvpanic.state.events = PVPANIC_PANICKED;
    machine_unlock(machine);
    answer("system_reset");
    assert_int_equal(machine->end_status, EXIT_STATUS_GUEST_CRASH);
    assert_int_equal(machine->end_cause, MACHINE_ENDED_BY_GUEST_PANIC);
    assert_int_equal(event().event, MACHINE_GUEST_PANICKED);
}

static void set_lint1(unsigned vcpu, uint32_t entry)
{
    memcpy(fake_vcpu(vcpu)->lapic.regs + LVT_LINT1, &entry, sizeof entry);
}

static void an_nmi_goes_to_the_vcpus_that_take_it(void **unused)
{
    (void)unused;
    make();
    set_lint1(0, NMI | MASKED);
    set_lint1(1, NMI);
    fake_kvm_forget_calls();
    assert_string_equal(answer("inject-nmi"), "{\"return\":{}}");
    assert_non_null(strstr(fake_kvm_calls(), "kvm_vcpu_nmi 1\n"));
    assert_int_equal(fake_kvm_count("kvm_vcpu_nmi"), 1);
    set_lint1(1, 0x700);
    assert_non_null(strstr(answer("inject-nmi"), "no vCPU takes it"));
    assert_int_equal(fake_kvm_count("kvm_vcpu_nmi"), 1);
}

static void threads_of_vcpus_are_told(void **unused)
{
    char expected[256];

    (void)unused;
    make();
    machine->vcpus[0].thread_id = 11;
    machine->vcpus[1].thread_id = 12;
    snprintf(expected, sizeof expected,
             "{\"return\":[{\"cpu-index\":0,\"qom-path\":\"/machine/cpu[0]\",\"target\":"
             "\"x86_64\",\"thread-id\":11},{\"cpu-index\":1,\"qom-path\":\"/machine/cpu[1]\","
             "\"target\":\"x86_64\",\"thread-id\":12}]}");
    assert_string_equal(answer("query-cpus-fast"), expected);
}

static json_int_t number_at(const char *format, const char *name, const char *inner)
{
    json_t *message = json_loads(answer("query-time"), 0, NULL);
    json_t *member = json_object_get(json_object_get(message, "return"), name);
    json_int_t value = 0;

    if (inner != NULL)
        member = json_object_get(member, inner);
    assert_int_equal(json_unpack(member, format, &value), 0);
    json_decref(message);
    return value;
}

static uint64_t pm_timer(uint64_t now_ns)
{
    struct access access = {.space = ACCESS_PORT, .size_bytes = 4, .addr = 0x608};

    board_access(&machine->board, now_ns, &access);
    return access.value;
}

static void each_clock_is_read_at_one_guest_time(void **unused)
{
    uint64_t ns;

    (void)unused;
    make();
    fake_clock_pass_ns(3 * NS_PER_SEC);
    ns = (uint64_t)number_at("I", "guest-ns", NULL);
    assert_in_range(ns, 3 * NS_PER_SEC, 4 * NS_PER_SEC);
    assert_int_equal(number_at("I", "clocks", "kvm-clock-ns"), ns);
    assert_int_equal(number_at("I", "clocks", "wall-ns"), machine->wall_zero_ns + ns);
    assert_int_equal(number_at("I", "clocks", "rtc-ns"), machine->rtc_zero_ns + ns);
    assert_int_equal(number_at("I", "clocks", "pm-timer-ticks"), pm_timer(ns));
    assert_int_equal(number_at("I", "clocks", "hpet-ticks"), 0);
    assert_int_equal(number_at("I", "host", "monotonic-ns"), fake_clock_ns());
    assert_in_range(number_at("I", "rate", "host-tsc-millihz") + 2000000, FAKE_CLOCK_HZ * 1000,
                    FAKE_CLOCK_HZ * 1000 + 4000000);
}

static void the_tsc_of_a_vcpu_is_a_function_of_the_hosts(void **unused)
{
    json_t *message;
    json_int_t host, tsc, offset, mul;

    (void)unused;
    make();
    fake_vcpu(1)->tsc_offset = (uint64_t)-5;
    message = json_loads(answer("query-time"), 0, NULL);
    assert_int_equal(json_unpack(message, "{s:{s:{s:I},s:[o,{s:I,s:I,s:I}]}}", "return", "host",
                                 "tsc", &host, "vcpus", &(json_t *){NULL}, "tsc", &tsc,
                                 "tsc-offset", &offset, "tsc-ratio-mul", &mul),
                     0);
    assert_int_equal(offset, -5);
    assert_int_equal(tsc, host - 5);
    assert_int_equal(mul, INT64_C(1) << 48);
    json_decref(message);
}

static void in_a_pause_the_clocks_are_those_of_its_begin(void **unused)
{
    json_int_t ns, host;

    (void)unused;
    make();
    start();
    answer("stop");
    ns = number_at("I", "guest-ns", NULL);
    host = number_at("I", "host", "monotonic-ns");
    fake_clock_pass_ns(NS_PER_SEC);
    assert_int_equal(number_at("I", "guest-ns", NULL), ns);
    assert_int_equal(number_at("I", "clocks", "wall-ns"), (json_int_t)machine->wall_zero_ns + ns);
    assert_int_equal(number_at("I", "host", "monotonic-ns"), host + (json_int_t)NS_PER_SEC);
    assert_non_null(strstr(answer("query-time"), "\"stopped\":true"));
    answer("cont");
    assert_non_null(strstr(answer("query-time"), "\"stopped\":false"));
}

static void what_is_left_to_the_date_is_told(void **unused)
{
    (void)unused;
    rig.config.kvmclock_follow = KVMCLOCK_FOLLOW_REALTIME;
    rig.config.follow_max_ppm = KVMCLOCK_FOLLOW_DEFAULT_PPM;
    make();
    fake_clock.realtime_zero_ns -= 2 * NS_PER_SEC;
    assert_in_range(number_at("I", "follow-left-ns", NULL) + 2 * (int64_t)NS_PER_SEC + 1000, 0,
                    2000);
}

static void what_is_not_there_is_null(void **unused)
{
    (void)unused;
    rig.config.kvmclock = KVMCLOCK_OFF;
    rig.config.hpet_timers = 0;
    rig.config.pmtimer_bits = 0;
    make();
    assert_non_null(strstr(answer("query-time"), "\"follow-left-ns\":null"));
    assert_non_null(strstr(answer("query-time"), "\"hpet-ticks\":null,\"kvm-clock-ns\":null,"
                                                 "\"pit-counts\":[0,0,0],\"pm-timer-ticks\":null"));
}

static void a_clock_that_kvm_does_not_tell_is_an_error(void **unused)
{
    (void)unused;
    make();
    fake_kvm_fail("kvm_vcpu_get_tsc_offset", 1, 5);
    assert_non_null(strstr(answer("query-time"), "the clocks cannot be read"));
    assert_non_null(strstr(said(), "kvm_vcpu_get_tsc_offset: "));
}

static void a_machine_that_could_not_boot_again_has_no_vcpus_to_ask(void **unused)
{
    static const char failed[] =
        "{\"error\":{\"class\":\"GenericError\",\"desc\":\"the machine could not boot again\"}}";

    (void)unused;
    make();
    machine_end(machine, EXIT_STATUS_HOST_ERROR, "%s", "");
    machine_stop(machine);
    machine_vm_release(machine);
    assert_string_equal(answer("query-cpus-fast"), failed);
    assert_string_equal(answer("query-time"), failed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_prestate_setup_teardown(name, machine_rig_setup, teardown, &rig)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_a_name_a_function_and_help),
        TEST(versions_and_names_are_told),
        TEST(each_machine_has_an_identity_of_its_own),
        TEST(stop_and_cont_pause_and_resume),
        TEST(a_long_advance_goes_on_in_steps_of_the_loop),
        TEST(the_power_button_is_pressed),
        TEST(quit_ends_the_run),
        TEST(system_reset_ends_it_as_a_reset_does),
        TEST(a_guest_that_panicked_has_panicked_whoever_resets_it),
        TEST(an_nmi_goes_to_the_vcpus_that_take_it),
        TEST(threads_of_vcpus_are_told),
        TEST(each_clock_is_read_at_one_guest_time),
        TEST(the_tsc_of_a_vcpu_is_a_function_of_the_hosts),
        TEST(in_a_pause_the_clocks_are_those_of_its_begin),
        TEST(what_is_left_to_the_date_is_told),
        TEST(what_is_not_there_is_null),
        TEST(a_clock_that_kvm_does_not_tell_is_an_error),
        TEST(a_machine_that_could_not_boot_again_has_no_vcpus_to_ask),
    };

    return cmocka_run_group_tests_name("control_commands", tests, NULL, NULL);
}
