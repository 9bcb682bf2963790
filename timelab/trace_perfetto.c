/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Perfetto's trace format, for ui.perfetto.dev and trace_processor. See trace_export.h.
 *
 * It is a sequence of packets in the encoding of protocol buffers, which is so little here that it
 * needs no library: a field is its number and type, then a number of 7 bits a byte, or a length and
 * so many bytes. The numbers below are those of protos/perfetto/trace in Perfetto's source:
 * trace_packet.proto, clock_snapshot.proto, track_event/track_descriptor.proto, counter_descriptor,
 * track_event and debug_annotation.
 *
 * Time stamps are CLOCK_MONOTONIC_RAW of the host. Snapshots of clocks tie it to guest time, and to
 * what the guest's own clocks showed, as clock domains. A domain has no way back: readings that go
 * back are not in a snapshot; the counter of the clock's error has them.
 */
#include "timelab/trace_export.h"

#include <string.h>

#define MESSAGE_BYTES 1024
#define VARINT_BYTES  10

/* Types of fields. */
#define AS_NUMBER 0
#define AS_BYTES  2

#define TRACE_PACKET 1

#define PACKET_CLOCK_SNAPSHOT     6
#define PACKET_TIMESTAMP          8
#define PACKET_SEQUENCE_ID        10
#define PACKET_TRACK_EVENT        11
#define PACKET_TIMESTAMP_CLOCK_ID 58
#define PACKET_TRACK_DESCRIPTOR   60

#define SNAPSHOT_CLOCKS        1
#define SNAPSHOT_PRIMARY_CLOCK 2
#define CLOCK_ID               1
#define CLOCK_TIMESTAMP        2
#define CLOCK_ID_RAW           5
/* From 64 on they are the writer's own. */
#define CLOCK_ID_GUEST_TIME 64
#define CLOCK_ID_OF_CLOCKS  65

#define TRACK_UUID       1
#define TRACK_NAME       2
#define TRACK_COUNTER    8
#define COUNTER_UNIT     3
#define COUNTER_UNIT_NS  1
#define UUID_OF_THREADS  1000
#define UUID_OF_COUNTERS 5000

#define EVENT_ANNOTATION    4
#define EVENT_TYPE          9
#define EVENT_TRACK_UUID    11
#define EVENT_NAME          23
#define EVENT_COUNTER_VALUE 30
#define ANNOTATION_UINT     3
#define ANNOTATION_TEXT     6
#define ANNOTATION_NAME     10

enum event_type { SLICE_BEGIN = 1, SLICE_END = 2, INSTANT = 3, COUNTER = 4 };

struct message {
    uint8_t bytes[MESSAGE_BYTES];
    size_t length;
};

/* The longest text is far from filling a message. */
static_assert(TRACE_TEXT_MAX_BYTES < MESSAGE_BYTES / 2, "an event with its text fits");

static void add_varint(struct message *message, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        message->bytes[message->length++] = (uint8_t)(value | 0x80);
    message->bytes[message->length++] = (uint8_t)value;
}

static void add_number(struct message *message, unsigned field, uint64_t value)
{
    add_varint(message, field << 3 | AS_NUMBER);
    add_varint(message, value);
}

static void add_bytes(struct message *message, unsigned field, const void *bytes, size_t length)
{
    add_varint(message, field << 3 | AS_BYTES);
    add_varint(message, length);
    assert(message->length + length + VARINT_BYTES <= sizeof message->bytes);
    memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

static void add_text(struct message *message, unsigned field, const char *text)
{
    add_bytes(message, field, text, strlen(text));
}

static void add_message(struct message *message, unsigned field, const struct message *inner)
{
    add_bytes(message, field, inner->bytes, inner->length);
}

/* A packet with that time stamp, whose data is field. */
static void write_packet(struct trace_export *export, uint64_t raw_ns, unsigned field,
                         const struct message *data)
{
    struct message packet = {.length = 0}, head = {.length = 0};

    add_number(&packet, PACKET_TIMESTAMP, raw_ns);
    add_number(&packet, PACKET_TIMESTAMP_CLOCK_ID, CLOCK_ID_RAW);
    add_number(&packet, PACKET_SEQUENCE_ID, 1);
    add_message(&packet, field, data);
    add_varint(&head, TRACE_PACKET << 3 | AS_BYTES);
    add_varint(&head, packet.length);
    export->sink.write(export->sink.ctx, head.bytes, head.length);
    export->sink.write(export->sink.ctx, packet.bytes, packet.length);
}

static void write_track(struct trace_export *export, uint64_t uuid, const char *name,
                        bool is_counter)
{
    struct message track = {.length = 0}, counter = {.length = 0};

    add_number(&track, TRACK_UUID, uuid);
    add_text(&track, TRACK_NAME, name);
    add_number(&counter, COUNTER_UNIT, COUNTER_UNIT_NS);
    if (is_counter)
        add_message(&track, TRACK_COUNTER, &counter);
    write_packet(export, export->head->start_raw_ns, PACKET_TRACK_DESCRIPTOR, &track);
}

static void add_clock(struct message *snapshot, unsigned id, uint64_t ns)
{
    struct message clock = {.length = 0};

    add_number(&clock, CLOCK_ID, id);
    add_number(&clock, CLOCK_TIMESTAMP, ns);
    add_message(snapshot, SNAPSHOT_CLOCKS, &clock);
}

/* Of one instant: the host's clock, guest time, and, with a reading, what that clock showed. */
static void write_snapshot(struct trace_export *export, uint64_t raw_ns, uint64_t g_ns,
                           const struct trace_reading *reading)
{
    struct message snapshot = {.length = 0};

    if (g_ns < export->last_snapshot_g_ns)
        return;
    export->last_snapshot_g_ns = g_ns;
    add_clock(&snapshot, CLOCK_ID_RAW, raw_ns);
    add_clock(&snapshot, CLOCK_ID_GUEST_TIME, g_ns);
    if (reading != NULL && reading->shown_ns > export->last_shown_ns[reading->clock]) {
        export->last_shown_ns[reading->clock] = reading->shown_ns;
        add_clock(&snapshot, CLOCK_ID_OF_CLOCKS + reading->clock, reading->shown_ns);
    }
    add_number(&snapshot, SNAPSHOT_PRIMARY_CLOCK, CLOCK_ID_RAW);
    write_packet(export, raw_ns, PACKET_CLOCK_SNAPSHOT, &snapshot);
}

static void begin(struct trace_export *export)
{
    for (unsigned i = 0; i < TRACE_THREADS_MAX && export->head->threads[i][0] != '\0'; i++)
        write_track(export, UUID_OF_THREADS + i, export->head->threads[i], false);
}

static void end(struct trace_export *export)
{
    (void)export;
}

static void add_annotation(struct message *event, const char *name, uint64_t value)
{
    struct message annotation = {.length = 0};

    add_text(&annotation, ANNOTATION_NAME, name);
    add_number(&annotation, ANNOTATION_UINT, value);
    add_message(event, EVENT_ANNOTATION, &annotation);
}

static struct message event_of(enum event_type type, uint64_t track_uuid)
{
    struct message event = {.length = 0};

    add_number(&event, EVENT_TYPE, type);
    add_number(&event, EVENT_TRACK_UUID, track_uuid);
    return event;
}

static void write_exit(struct trace_export *export, const struct trace_event *event,
                       uint64_t raw_ns)
{
    const char *name = trace_exit_name(event->record.arg);
    struct message slice = event_of(SLICE_BEGIN, UUID_OF_THREADS + event->thread);
    struct message slice_end = event_of(SLICE_END, UUID_OF_THREADS + event->thread);

    add_text(&slice, EVENT_NAME, name != NULL ? name : "exit");
    add_annotation(&slice, "where", event->record.where);
    add_annotation(&slice, "g_ns", event->record.g_ns);
    write_packet(export, raw_ns, PACKET_TRACK_EVENT, &slice);
    write_packet(export, raw_ns + event->record.value, PACKET_TRACK_EVENT, &slice_end);
}

static void write_reading(struct trace_export *export, const struct trace_reading *reading,
                          uint64_t raw_ns)
{
    struct message counter = event_of(COUNTER, UUID_OF_COUNTERS + reading->clock);
    char bytes[64];
    struct text name;

    if (!export->has_track[reading->clock]) {
        text_init(&name, bytes, sizeof bytes);
        text_add(&name, "error of %s, ns", trace_clock_name(reading->clock));
        write_track(export, UUID_OF_COUNTERS + reading->clock, bytes, true);
        export->has_track[reading->clock] = true;
    }
    write_snapshot(export, raw_ns, reading->g_ns, reading);
    add_number(&counter, EVENT_COUNTER_VALUE, (uint64_t)reading->error_ns);
    write_packet(export, raw_ns, PACKET_TRACK_EVENT, &counter);
}

static void write_instant(struct trace_export *export, const struct trace_event *event,
                          uint64_t raw_ns)
{
    struct message instant = event_of(INSTANT, UUID_OF_THREADS + event->thread);
    struct message annotation = {.length = 0};

    add_text(&instant, EVENT_NAME, trace_kind_name(event->record.kind));
    add_annotation(&instant, "g_ns", event->record.g_ns);
    if (event->record.kind >= TRACE_FIRST_TEXT) {
        add_text(&annotation, ANNOTATION_NAME, "text");
        add_text(&annotation, ANNOTATION_TEXT, event->text);
        add_message(&instant, EVENT_ANNOTATION, &annotation);
    } else {
        add_annotation(&instant, "where", event->record.where);
        add_annotation(&instant, "value", event->record.value);
    }
    write_packet(export, raw_ns, PACKET_TRACK_EVENT, &instant);
}

static void add(struct trace_export *export, const struct trace_event *event)
{
    uint64_t raw_ns = trace_time_raw_ns(&export->time, event->record.tsc);
    struct trace_reading reading;

    if (event->record.kind == TRACE_EXIT)
        write_exit(export, event, raw_ns);
    else if (event->record.kind == TRACE_HOST_CLOCK)
        write_snapshot(export, raw_ns, event->record.g_ns, NULL);
    else if (trace_readings_take(&export->readings, &event->record, &reading))
        write_reading(export, &reading, raw_ns);
    else
        write_instant(export, event, raw_ns);
}

const struct trace_format trace_perfetto = {"perfetto", false, begin, add, end};
