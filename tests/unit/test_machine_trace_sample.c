/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest says that it has read of its clocks, in the trace: with the guest time that was
 * then. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/machine_rig.h"
#include "tests/unit/trace_reader.h"
#include "vmm/machine/door.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_trace.h"

/* Between two readings of the TSC. */
#define READ_CYCLES 100
#define READ_NS     (READ_CYCLES * NS_PER_SEC / FAKE_CLOCK_HZ)

static struct machine_rig rig;
static struct machine *const machine = &rig.machine;
static struct machine_trace trace;
static struct trace_reader reader;
static struct sample_stream sender;
static char path[] = "/tmp/minivmm-trace-XXXXXX";

static int make_file(void **unused)
{
    (void)unused;
    return close(mkstemp(path));
}

static int remove_file(void **unused)
{
    (void)unused;
    return unlink(path);
}

static int setup(void **unused)
{
    (void)unused;
    machine_rig_begin(&rig);
    rig.host.output_limit_bytes = UINT64_MAX;
    assert_int_equal(machine_rig_create(&rig), 0);
    assert_int_equal(machine_trace_open(machine, &trace, path), 0);
    sender = (struct sample_stream){.length = 0};
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    if (machine->trace != NULL)
        machine_trace_close(machine);
    machine_rig_destroy(&rig);
    return 0;
}

static struct trace_event find(enum trace_kind kind)
{
    struct trace_event event;

    assert_true(trace_reader_find(&reader, kind, &event));
    return event;
}

/* Bytes of the guest's on COM2. */
static void send(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct access access = {ACCESS_PORT, true, 1, 0, 0x2f8, (uint8_t)bytes[i]};

        assert_true(door_pass(machine, &access));
    }
}

static void send_line(const char *line)
{
    send(line, strlen(line));
}

/* One whose first clock begins to be read now: nothing was sent of it yet. */
static struct sample_set set_now(unsigned cpu)
{
    struct sample_set set = {.cpu = cpu, .tsc = {fake_vcpu_tsc(cpu)}};

    for (unsigned i = 0; i < SAMPLE_CLOCKS; i++) {
        set.clock_ns[i] = 1000000 * (i + 1);
        set.tsc[i + 1] = set.tsc[i] + READ_CYCLES;
    }
    return set;
}

/* Once all of it is read. */
static void send_set(const struct sample_set *set)
{
    char bytes[512];
    struct text text;

    fake_clock_pass_ns(SAMPLE_CLOCKS * READ_NS + 1);
    text_init(&text, bytes, sizeof bytes);
    sample_stream_add_set(&sender, set, &text);
    send(bytes, text.length_bytes);
}

/* Its four records; guest_ns is guest time as the first clock began to be read. */
static void assert_set(unsigned cpu, uint64_t guest_ns)
{
    for (unsigned i = 0; i < SAMPLE_CLOCKS; i++) {
        struct trace_record record = find(TRACE_SAMPLE).record;

        assert_int_equal(record.arg, TRACE_CLOCK_REALTIME + i);
        assert_int_equal(record.vcpu, cpu);
        assert_int_equal(record.value, 1000000 * (i + 1));
        assert_in_range(record.where, READ_NS - 1, READ_NS + 1);
        assert_in_range(record.g_ns, guest_ns + i * READ_NS + READ_NS / 2 - 2,
                        guest_ns + i * READ_NS + READ_NS / 2 + 2);
    }
}

static void end_trace(void)
{
    machine_trace_close(machine);
    trace_reader_open(&reader, path);
}

static void update_time(void)
{
    machine_lock(machine);
    machine_time_update(machine, host_monotonic_ns());
    machine_unlock(machine);
}

/* TSC and guest time of one instant. */
static uint64_t guest_ns_of(const struct sample_set *set)
{
    return timebase_ns(&machine->timebase,
                       guest_tsc_host_at(&trace.tscs[set->cpu].now, set->tsc[0]));
}

static void a_sample_has_the_guest_time_of_its_tsc(void **unused)
{
    struct sample_set first = set_now(0), second;
    uint64_t first_ns, second_ns;

    (void)unused;
    first_ns = guest_ns_of(&first);
    send_set(&first);
    fake_clock_pass_ns(10000000);
    second = set_now(1);
    second_ns = guest_ns_of(&second);
    assert_in_range(second_ns, first_ns + 10000000, first_ns + 11000000);
    send_set(&second);
    end_trace();
    assert_set(0, first_ns);
    assert_set(1, second_ns);
    trace_reader_close(&reader);
}

/* Its line comes after guest time has got a new rate: by the new timebase it would be too early. */
static void a_sample_that_comes_late_has_the_time_that_was_then(void **unused)
{
    struct sample_set set;
    uint64_t guest_ns;

    (void)unused;
    fake_clock_pass_ns(10000000);
    set = set_now(0);
    guest_ns = guest_ns_of(&set);
    fake_clock_pass_ns(10000000);
    update_time();
    fake_clock_pass_ns(10000000);
    update_time();
    send_set(&set);
    end_trace();
    assert_set(0, guest_ns);
    trace_reader_close(&reader);
}

static void a_sample_from_before_a_jump_is_before_it(void **unused)
{
    char line[FAULT_ERROR_BYTES];
    struct sample_set before, after;
    uint64_t before_ns, after_ns;

    (void)unused;
    assert_int_equal(machine_start(machine), 0);
    before = set_now(0);
    before_ns = guest_ns_of(&before);
    fake_clock_pass_ns(10000000);
    assert_true(machine_rig_apply_fault(&rig, "jump by=1h", line));
    after = set_now(0);
    after_ns = guest_ns_of(&after);
    machine_stop(machine);
    send_set(&before);
    send_set(&after);
    end_trace();
    assert_in_range(after_ns, before_ns + 3600 * NS_PER_SEC, before_ns + 3601 * NS_PER_SEC);
    assert_set(0, before_ns);
    assert_set(0, after_ns);
    trace_reader_close(&reader);
}

static void a_sample_of_a_cpu_that_there_is_not_is_none(void **unused)
{
    struct sample_set set = set_now(0);

    (void)unused;
    set.cpu = MACHINE_RIG_CPUS;
    send_set(&set);
    set.cpu = UINT64_MAX;
    send_set(&set);
    end_trace();
    assert_int_equal(trace_reader_count(&reader, TRACE_SAMPLE), 0);
    trace_reader_close(&reader);
}

/* It would draw out a picture of the run to any length. */
static void a_sample_of_a_time_that_cannot_be_is_none(void **unused)
{
    struct sample_set set;

    (void)unused;
    fake_clock_pass_ns(100 * NS_PER_SEC);
    set = set_now(0);
    for (unsigned i = 0; i <= SAMPLE_CLOCKS; i++)
        set.tsc[i] += UINT64_C(1) << 50;
    send_set(&set);
    set = set_now(0);
    for (unsigned i = 0; i <= SAMPLE_CLOCKS; i++)
        set.tsc[i] -= 61 * FAKE_CLOCK_HZ;
    send_set(&set);
    set = set_now(0);
    set.tsc[SAMPLE_CLOCKS] += UINT64_C(1) << 62;
    send_set(&set);
    set = set_now(0);
    set.tsc[2] = set.tsc[1] - 1;
    send_set(&set);
    end_trace();
    assert_int_equal(trace_reader_count(&reader, TRACE_SAMPLE), 0);
    trace_reader_close(&reader);
}

static void clocksource_and_messages_are_texts(void **unused)
{
    (void)unused;
    send_line("\001c kvm-clock\n\001k 1.000001 clocksource: Switched to clocksource tsc\n");
    end_trace();
    assert_string_equal(find(TRACE_CLOCKSOURCE).text, "kvm-clock");
    assert_string_equal(find(TRACE_MESSAGE).text,
                        "1.000001 clocksource: Switched to clocksource tsc");
    trace_reader_close(&reader);
}

static uint8_t seen[64];
static unsigned seen_count;

static void see(void *ctx, uint8_t byte)
{
    (void)ctx;
    seen[seen_count++] = byte;
}

static void what_is_no_sample_is_the_guests_report(void **unused)
{
    (void)unused;
    seen_count = 0;
    machine->report_tap = (struct console_tap){see, NULL};
    send_line("\n{\n\001c tsc\n}\n");
    end_trace();
    assert_int_equal(seen_count, 5);
    assert_memory_equal(seen, "\n{\n}\n", 5);
    trace_reader_close(&reader);
}

/* A guest agent's bytes are its own. */
static void of_a_socket_on_com2_nothing_is_taken(void **unused)
{
    (void)unused;
    seen_count = 0;
    rig.host.serial2_path = "/nowhere";
    machine->report_tap = (struct console_tap){see, NULL};
    send_line("\001c tsc\n");
    rig.host.serial2_path = NULL;
    end_trace();
    assert_int_equal(seen_count, 7);
    assert_int_equal(trace_reader_count(&reader, TRACE_CLOCKSOURCE), 0);
    trace_reader_close(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sample_has_the_guest_time_of_its_tsc, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sample_that_comes_late_has_the_time_that_was_then, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_sample_from_before_a_jump_is_before_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sample_of_a_cpu_that_there_is_not_is_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_sample_of_a_time_that_cannot_be_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(clocksource_and_messages_are_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_sample_is_the_guests_report, setup, teardown),
        cmocka_unit_test_setup_teardown(of_a_socket_on_com2_nothing_is_taken, setup, teardown),
    };

    return cmocka_run_group_tests(tests, make_file, remove_file);
}
