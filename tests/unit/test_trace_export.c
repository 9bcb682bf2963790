/* SPDX-License-Identifier: BSD-2-Clause */
/* A trace in other formats, and in a few lines: byte for byte, and what is JSON is JSON. */
#include "tests/unit/unit.h"

#include <string.h>

#include <jansson.h>

#include "base/time_math.h"
#include "timelab/trace_export.h"
#include "timelab/trace_summary.h"

#define WALL_ZERO_NS UINT64_C(1795737600000000000)
#define SEC          NS_PER_SEC

/* A TSC of 1 GHz whose 1000 was second 5 of the host's clock. */
static const struct trace_head head = {
    .minivmm = "1.0",
    .kernel = "bzImage",
    .host_clocksource = "tsc",
    /* A stranger's file may call its threads what it likes. */
    .threads = {"vcpu0", "a \"b\" \\"},
    .cpus = 1,
    .wall_zero_ns = WALL_ZERO_NS,
    .hpet_hz = 100000000,
    .pm_timer_bits = 24,
    .start_tsc = 1000,
    .start_raw_ns = 5 * SEC,
    .tsc_millihz = UINT64_C(1000000000000),
};

static struct trace_event events[64];
static unsigned event_count;
static char written[65536];
static size_t written_bytes;

static int setup(void **unused)
{
    (void)unused;
    event_count = 0;
    return 0;
}

/* At guest time g_ns, which begins where the host's clock does. */
static struct trace_event *add(unsigned kind, uint64_t g_ns)
{
    struct trace_event *event = &events[event_count++];

    *event = (struct trace_event){
        .record = {.kind = (uint8_t)kind, .tsc = 1000 + g_ns, .g_ns = g_ns, .vcpu = TRACE_NO_VCPU}};
    return event;
}

static void add_sample(uint64_t g_ns, int64_t error_ns)
{
    struct trace_record *record = &add(TRACE_SAMPLE, g_ns)->record;

    record->value = WALL_ZERO_NS + g_ns + (uint64_t)error_ns;
    record->where = 60;
    record->vcpu = 0;
    record->arg = TRACE_CLOCK_REALTIME;
}

static void write_bytes(void *ctx, const void *bytes, size_t size_bytes)
{
    (void)ctx;
    assert_true(written_bytes + size_bytes < sizeof written);
    memcpy(written + written_bytes, bytes, size_bytes);
    written_bytes += size_bytes;
    written[written_bytes] = '\0';
}

static const char *export_to(const struct trace_format *format, struct trace_span span)
{
    struct trace_export export;

    written_bytes = 0;
    written[0] = '\0';
    trace_export_init(&export, &head, (struct trace_sink){write_bytes, NULL});
    export.clock = TRACE_CLOCK_REALTIME;
    export.span = span;
    format->begin(&export);
    for (unsigned i = 0; i < event_count; i++)
        trace_export_event(&export, format, &events[i]);
    format->end(&export);
    return written;
}

/* One event of each kind, with a text that JSON has to quote. */
static void add_each_kind(void)
{
    for (unsigned kind = 1; kind <= UINT8_MAX; kind++)
        if (trace_kind_name(kind) != NULL) {
            struct trace_event *event = add(kind, kind * SEC);

            event->record.arg = 5;
            event->record.value = 1000 + kind;
            if (kind >= TRACE_FIRST_TEXT)
                strcpy(event->text, "a \"b\" \\");
        }
}

static void csv_has_a_row_for_each_reading(void **unused)
{
    (void)unused;
    add_sample(SEC, 0);
    add(TRACE_EXIT, 2 * SEC);
    add_sample(2 * SEC, -33);
    *add(TRACE_VMCLOCK, 3 * SEC) = (struct trace_event){
        .record = {.kind = TRACE_VMCLOCK, .tsc = 1000, .value = WALL_ZERO_NS, .vcpu = 255}};
    assert_string_equal(export_to(&trace_csv, (struct trace_span){0}),
                        "g_ns,host_ns,clock,vcpu,shown_ns,error_ns,bound_ns\n"
                        "1000000000,6000000000,realtime,0,1795737601000000000,0,31\n"
                        "2000000000,7000000000,realtime,0,1795737601999999967,-33,31\n"
                        "0,5000000000,vmclock,,1795737600000000000,0,1\n");
}

static void json_has_a_line_for_each_event(void **unused)
{
    const char *at;
    unsigned lines = 0;

    (void)unused;
    add_each_kind();
    for (at = export_to(&trace_json, (struct trace_span){0}); *at != '\0'; lines++) {
        const char *end = strchr(at, '\n');
        json_t *object = json_loadb(at, (size_t)(end - at), 0, NULL);

        assert_non_null(object);
        assert_string_equal(json_string_value(json_object_get(object, "kind")),
                            trace_kind_name(events[lines].record.kind));
        assert_int_equal(json_integer_value(json_object_get(object, "g_ns")),
                         events[lines].record.g_ns);
        if (events[lines].record.kind >= TRACE_FIRST_TEXT)
            assert_string_equal(json_string_value(json_object_get(object, "text")), "a \"b\" \\");
        json_decref(object);
        at = end + 1;
    }
    assert_int_equal(lines, event_count);
}

static void json_calls_fields_by_their_meaning(void **unused)
{
    struct trace_record *record;

    (void)unused;
    record = &add(TRACE_EXIT, SEC)->record;
    record->arg = 2;
    record->where = 0x608;
    record->value = 900;
    record->vcpu = 0;
    record = &add(TRACE_CLOCK_READ, SEC)->record;
    record->arg = TRACE_CLOCK_PM | 4 << 8;
    record->where = 0x608;
    record->value = 77;
    record = &add(TRACE_STEP, SEC)->record;
    record->value = (uint64_t)-5;
    assert_string_equal(
        export_to(&trace_json, (struct trace_span){0}),
        "{\"kind\":\"exit\",\"thread\":0,\"tsc\":1000001000,\"g_ns\":1000000000,"
        "\"host_ns\":6000000000,\"vcpu\":0,\"reason\":2,\"name\":\"io\",\"where\":1544,"
        "\"user_ns\":900}\n"
        "{\"kind\":\"clock_read\",\"thread\":0,\"tsc\":1000001000,\"g_ns\":1000000000,"
        "\"host_ns\":6000000000,\"clock\":\"pm\",\"where\":1544,\"bytes\":4,\"value\":77}\n"
        "{\"kind\":\"step\",\"thread\":0,\"tsc\":1000001000,\"g_ns\":1000000000,"
        "\"host_ns\":6000000000,\"by_ns\":-5}\n");
}

static void chrome_gets_one_object(void **unused)
{
    const json_t *exit_event;
    json_t *root;

    (void)unused;
    add_each_kind();
    add_sample(SEC, 5);
    root = json_loads(export_to(&trace_chrome, (struct trace_span){0}), 0, NULL);
    assert_non_null(root);
    /* The process, two threads, and each event. */
    assert_int_equal(json_array_size(json_object_get(root, "traceEvents")), 3 + event_count);
    exit_event = json_array_get(json_object_get(root, "traceEvents"), 3);
    assert_string_equal(json_string_value(json_object_get(exit_event, "ph")), "X");
    assert_true(json_real_value(json_object_get(exit_event, "ts")) == 1e6);
    json_decref(root);
}

/* A number of 7 bits a byte; *at is behind it then. */
static uint64_t take_varint(const uint8_t **at)
{
    uint64_t value = 0;
    unsigned shift = 0;

    do
        value |= (uint64_t)(**at & 0x7f) << shift;
    while (shift += 7, (*(*at)++ & 0x80) != 0);
    return value;
}

/* The field's number or length in a message, and with a length where its bytes begin. False: it has
 * none. */
static bool find_field(const uint8_t *at, const uint8_t *end, unsigned field, uint64_t *value,
                       const uint8_t **bytes)
{
    while (at < end) {
        uint64_t tag = take_varint(&at);

        *value = take_varint(&at);
        *bytes = at;
        assert_true(tag % 8 == 0 || tag % 8 == 2);
        if (tag % 8 == 2)
            at += *value;
        assert_true(at <= end);
        if (tag / 8 == field)
            return true;
    }
    return false;
}

/* The packets are whole; returns the time stamps of those with this field, added up. */
static uint64_t sum_up_packets(unsigned field, unsigned *count)
{
    const uint8_t *at = (const uint8_t *)written, *end = at + written_bytes, *bytes;
    uint64_t sum = 0, value, length;

    *count = 0;
    while (at < end) {
        assert_int_equal(*at++, 1 << 3 | 2);
        length = take_varint(&at);
        assert_true(length <= (size_t)(end - at));
        if (find_field(at, at + length, field, &value, &bytes)) {
            assert_true(find_field(at, at + length, 58, &value, &bytes));
            assert_int_equal(value, 5);
            assert_true(find_field(at, at + length, 8, &value, &bytes));
            sum += value;
            ++*count;
        }
        at += length;
    }
    return sum;
}

static void perfetto_gets_packets_with_the_hosts_time(void **unused)
{
    struct trace_record *record;
    unsigned count;

    (void)unused;
    record = &add(TRACE_EXIT, SEC)->record;
    record->value = 700;
    export_to(&trace_perfetto, (struct trace_span){0});
    /* A slice's begin and end, and two tracks. */
    assert_int_equal(sum_up_packets(11, &count), 2 * 6 * SEC + 700);
    assert_int_equal(count, 2);
    sum_up_packets(60, &count);
    assert_int_equal(count, 2);
}

static void perfetto_gets_clock_snapshots_and_counters(void **unused)
{
    unsigned count;

    (void)unused;
    add_sample(SEC, 5);
    add_sample(2 * SEC, 5);
    export_to(&trace_perfetto, (struct trace_span){0});
    assert_int_equal(sum_up_packets(6, &count), 6 * SEC + 7 * SEC);
    assert_int_equal(count, 2);
    sum_up_packets(60, &count);
    assert_int_equal(count, 3);
    sum_up_packets(11, &count);
    assert_int_equal(count, 2);
}

static void perfetto_takes_every_kind(void **unused)
{
    unsigned count;

    (void)unused;
    add_each_kind();
    memset(add(TRACE_MARK, SEC)->text, 'x', TRACE_TEXT_MAX_BYTES);
    export_to(&trace_perfetto, (struct trace_span){0});
    sum_up_packets(11, &count);
    /* An exit is two; the host's clock is a snapshot alone. */
    assert_int_equal(count, event_count);
}

static void phase_is_in_seconds_with_tau0(void **unused)
{
    (void)unused;
    add_sample(SEC, 0);
    add_sample(SEC + SEC / 10, -33);
    add_sample(SEC + SEC / 5, 2 * (int64_t)SEC);
    assert_string_equal(export_to(&trace_phase, (struct trace_span){3, SEC, SEC + SEC / 5}),
                        "# clock realtime, in seconds, against guest time\n# tau0 0.100000000\n"
                        "0.000000000\n-0.000000033\n2.000000000\n");
    /* Where guest time began anew there is none. */
    assert_non_null(strstr(export_to(&trace_phase, (struct trace_span){3, 2 * SEC, SEC}),
                           "# tau0 0.000000000\n"));
}

/* 10 us a second: 10 ppm. What would have to be added has the other sign. */
static void loopstats_has_a_line_for_a_second(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i <= 4; i++)
        add_sample(SEC + i * SEC / 2, i * 5000);
    assert_string_equal(export_to(&trace_loopstats, (struct trace_span){0}),
                        "61371 2.000 -0.000010000 -10.000000 0.000005000 10.000000 0\n"
                        "61371 3.000 -0.000020000 -10.000000 0.000005000 0.000000 0\n");
}

static void other_clocks_are_not_in_it(void **unused)
{
    (void)unused;
    add_sample(SEC, 0);
    events[0].record.arg = TRACE_CLOCK_MONOTONIC;
    assert_string_equal(export_to(&trace_phase, (struct trace_span){0}),
                        "# clock realtime, in seconds, against guest time\n# tau0 0.000000000\n");
    assert_string_equal(export_to(&trace_loopstats, (struct trace_span){0}), "");
}

static const char *summarize(void)
{
    static struct trace_summary summary;
    static char bytes[TRACE_SUMMARY_BYTES];
    struct text text;

    trace_summary_init(&summary, &head);
    for (unsigned i = 0; i < event_count; i++)
        trace_summary_take(&summary, &events[i]);
    text_init(&text, bytes, sizeof bytes);
    trace_summary_write(&summary, &head, &text);
    assert_false(text.cut);
    return bytes;
}

static void add_irq(uint64_t g_ns, uint64_t late_ns)
{
    struct trace_record *record = &add(TRACE_IRQ, g_ns)->record;

    record->where = 8;
    record->value = g_ns - late_ns;
    record->arg = TRACE_IRQ_HAS_DUE;
}

static void a_summary_counts_what_there_is(void **unused)
{
    struct trace_record *record;

    (void)unused;
    for (unsigned i = 1; i <= 3; i++) {
        record = &add(TRACE_EXIT, i)->record;
        record->arg = 2;
        record->value = 100 * i;
    }
    add_irq(SEC, 1000);
    add_irq(SEC, 5000000);
    events[event_count - 1].record.arg |= TRACE_IRQ_MERGED;
    add_sample(SEC, -33);
    add_sample(SEC + 10, 5);
    add_sample(SEC + 20, -40);
    add(TRACE_GAP, SEC)->record.value = 7;
    add(TRACE_STEP, 2 * SEC)->record.value = 3600 * SEC;
    strcpy(add(TRACE_FAULT, 2 * SEC)->text, "jump by=1h");
    assert_string_equal(
        summarize(),
        "bzImage, 1 vCPUs, by minivmm 1.0; the host keeps time by tsc\n"
        "guest time up to 2.000 s, in 2.000 s of the host; 11 events, 7 are missing\n"
        "exits io: 3; in user space 200 ns in the mean, 300 ns at most\n"
        "interrupts of GSI 8: 2, merged 1; of 2 half were late by less than 1.0 us, 99 % by less "
        "than 8.4 ms, all by 5.0 ms or less\n"
        "steps of guest time: 1, together +3600.000 s\n"
        "clock realtime: 3 readings, wrong by -40 ns to +5 ns, at last -40 ns; went back 1 times\n"
        "     2.000000 s  fault jump by=1h\n");
}

/* Blocks of two threads are about in order: the second one's readings may be the earlier ones. */
static void a_clock_went_back_in_the_order_of_time(void **unused)
{
    (void)unused;
    add_sample(2 * SEC, 0);
    add_sample(2 * SEC - 1, 0);
    add_sample(2 * SEC + 1, -3);
    assert_non_null(strstr(summarize(), "; went back 1 times\n"));
}

static void a_summary_of_nothing_says_so(void **unused)
{
    (void)unused;
    assert_non_null(strstr(summarize(), "; 0 events, 0 are missing\n"));
}

static void a_summary_has_an_end(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 64; i++)
        strcpy(add(TRACE_MARK, i)->text, "x");
    assert_non_null(strstr(summarize(), "and 40 more\n"));
}

static void every_number_can_be_summed_up(void **unused)
{
    (void)unused;
    add_each_kind();
    for (unsigned i = 0; i < event_count; i++)
        events[i].record.arg = UINT16_MAX;
    summarize();
    for (unsigned i = 0; i < event_count; i++) {
        events[i].record.where = UINT32_MAX;
        events[i].record.value = UINT64_MAX;
        events[i].record.tsc = events[i].record.g_ns = UINT64_MAX;
    }
    summarize();
    for (unsigned i = 0; trace_formats[i] != NULL; i++)
        export_to(trace_formats[i], (struct trace_span){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(csv_has_a_row_for_each_reading, setup),
        cmocka_unit_test_setup(json_has_a_line_for_each_event, setup),
        cmocka_unit_test_setup(json_calls_fields_by_their_meaning, setup),
        cmocka_unit_test_setup(chrome_gets_one_object, setup),
        cmocka_unit_test_setup(perfetto_gets_packets_with_the_hosts_time, setup),
        cmocka_unit_test_setup(perfetto_gets_clock_snapshots_and_counters, setup),
        cmocka_unit_test_setup(perfetto_takes_every_kind, setup),
        cmocka_unit_test_setup(phase_is_in_seconds_with_tau0, setup),
        cmocka_unit_test_setup(loopstats_has_a_line_for_a_second, setup),
        cmocka_unit_test_setup(other_clocks_are_not_in_it, setup),
        cmocka_unit_test_setup(a_summary_counts_what_there_is, setup),
        cmocka_unit_test_setup(a_clock_went_back_in_the_order_of_time, setup),
        cmocka_unit_test_setup(a_summary_of_nothing_says_so, setup),
        cmocka_unit_test_setup(a_summary_has_an_end, setup),
        cmocka_unit_test_setup(every_number_can_be_summed_up, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
