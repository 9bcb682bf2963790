/* SPDX-License-Identifier: BSD-2-Clause */
/* The file of a trace: it comes back as it was written, and of one that is damaged what is whole.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include <linux/kvm.h>

#include "tests/unit/trace_file.h"

static struct trace_file file;
static struct trace_decoder decoder;
static char line[TRACE_ERROR_BYTES];
static struct text problem;

static int setup(void **unused)
{
    (void)unused;
    trace_file_begin(&file, "{\"threads\": [\"vcpu0\", \"timer\"]}");
    text_init(&problem, line, sizeof line);
    return 0;
}

/* A record whose fields all follow from n. */
static struct trace_record record_of(unsigned n)
{
    return (struct trace_record){.tsc = 1000 + n,
                                 .g_ns = 2000 + n,
                                 .value = UINT64_MAX - n,
                                 .where = UINT32_MAX - n,
                                 .kind = TRACE_EXIT,
                                 .vcpu = (uint8_t)n,
                                 .arg = (uint16_t)(3000 + n)};
}

/* Three of them, from first on, in a block of the thread. */
static size_t add_three(unsigned thread, unsigned first, uint64_t dropped)
{
    struct trace_record records[3];

    for (unsigned i = 0; i < 3; i++)
        records[i] = record_of(first + i);
    return trace_file_add(&file, thread, records, 3, dropped);
}

static size_t add_text(unsigned kind, const char *text)
{
    struct trace_record slots[1 + TRACE_TEXT_MAX_SLOTS];
    unsigned count = trace_record_put_text(
        &(struct trace_record){.kind = (uint8_t)kind, .vcpu = TRACE_NO_VCPU}, text, slots);

    return trace_file_add(&file, 0, slots, count, 0);
}

static void open_file(void)
{
    struct trace_input input = trace_file_input(&file);

    assert_true(trace_decoder_open(&decoder, &input, &problem));
}

static void assert_next(unsigned thread, unsigned n)
{
    struct trace_record expected = record_of(n);
    struct trace_event event;

    assert_true(trace_decoder_next(&decoder, &event));
    assert_int_equal(event.thread, thread);
    assert_memory_equal(&event.record, &expected, sizeof expected);
    assert_string_equal(event.text, "");
}

static void assert_three(unsigned thread, unsigned first)
{
    for (unsigned i = 0; i < 3; i++)
        assert_next(thread, first + i);
}

static void assert_end(const char *message)
{
    struct trace_event event;

    assert_false(trace_decoder_next(&decoder, &event));
    assert_int_equal(trace_decoder_is_whole(&decoder, &problem), *message == '\0');
    assert_string_equal(line, message);
}

static void assert_refused(const char *message)
{
    struct trace_input input = trace_file_input(&file);

    assert_false(trace_decoder_open(&decoder, &input, &problem));
    assert_string_equal(line, message);
}

static void records_come_back_as_they_were(void **unused)
{
    (void)unused;
    add_three(0, 10, 0);
    add_three(1, 20, 0);
    trace_file_end(&file);
    open_file();
    assert_string_equal(decoder.json, "{\"threads\": [\"vcpu0\", \"timer\"]}");
    assert_three(0, 10);
    assert_three(1, 20);
    assert_end("");
}

static void everything_begins_at_a_multiple_of_a_record(void **unused)
{
    (void)unused;
    assert_int_equal(file.size_bytes % TRACE_RECORD_BYTES, 0);
    assert_int_equal(add_text(TRACE_FAULT, "jump by=1h") % TRACE_RECORD_BYTES, 0);
    assert_int_equal(file.size_bytes % TRACE_RECORD_BYTES, 0);
}

static void a_text_stands_behind_its_record(void **unused)
{
    static char longest[TRACE_TEXT_MAX_BYTES + 10];
    const char *const texts[] = {"", "jump by=1h", "exactly as long as a record's 32"};
    struct trace_event event;

    (void)unused;
    for (unsigned i = 0; i < 3; i++)
        add_text(TRACE_FAULT, texts[i]);
    memset(longest, 'x', sizeof longest - 1);
    add_text(TRACE_MARK, longest);
    add_three(0, 1, 0);
    trace_file_end(&file);
    open_file();
    for (unsigned i = 0; i < 3; i++) {
        assert_true(trace_decoder_next(&decoder, &event));
        assert_int_equal(event.record.kind, TRACE_FAULT);
        assert_string_equal(event.text, texts[i]);
    }
    assert_true(trace_decoder_next(&decoder, &event));
    assert_int_equal(strlen(event.text), TRACE_TEXT_MAX_BYTES);
    assert_three(0, 1);
    assert_end("");
}

static void a_text_has_no_control_characters(void **unused)
{
    struct trace_event event;

    (void)unused;
    add_text(TRACE_MESSAGE, "a\033[2Jb\xff");
    open_file();
    assert_true(trace_decoder_next(&decoder, &event));
    assert_string_equal(event.text, "a?[2Jb?");
}

static void what_was_dropped_is_a_gap_where_it_was(void **unused)
{
    struct trace_event event;

    (void)unused;
    add_three(1, 10, 0);
    add_three(0, 20, 0);
    add_three(1, 30, 7);
    trace_file_end(&file);
    open_file();
    assert_three(1, 10);
    assert_three(0, 20);
    assert_true(trace_decoder_next(&decoder, &event));
    assert_int_equal(event.record.kind, TRACE_GAP);
    assert_int_equal(event.thread, 1);
    assert_int_equal(event.record.value, 7);
    assert_int_equal(event.record.tsc, record_of(12).tsc);
    assert_int_equal(event.record.g_ns, record_of(12).g_ns);
    assert_three(1, 30);
    assert_end("");
}

static void a_gap_needs_no_records(void **unused)
{
    struct trace_event event;

    (void)unused;
    trace_file_add(&file, 1, NULL, 0, 5);
    trace_file_end(&file);
    open_file();
    assert_true(trace_decoder_next(&decoder, &event));
    assert_int_equal(event.record.kind, TRACE_GAP);
    assert_int_equal(event.record.value, 5);
    assert_int_equal(event.record.tsc, 1);
    assert_end("");
}

static void a_kind_of_a_later_version_is_passed_over(void **unused)
{
    struct trace_record later[3] = {record_of(1), record_of(2), record_of(3)};

    (void)unused;
    later[1].kind = TRACE_FIRST_TEXT - 1;
    trace_file_add(&file, 0, later, 3, 0);
    add_text(UINT8_MAX, "what is this?");
    add_three(0, 10, 0);
    trace_file_end(&file);
    open_file();
    assert_next(0, 1);
    assert_next(0, 3);
    assert_three(0, 10);
    assert_end("");
}

static void a_file_without_an_end_is_read_and_said(void **unused)
{
    (void)unused;
    add_three(0, 10, 0);
    open_file();
    assert_three(0, 10);
    assert_end("it has no end: its run was killed, or goes on");
}

/* Nothing says that its records are whole. */
static void a_block_that_is_cut_is_left_out(void **unused)
{
    (void)unused;
    add_three(0, 10, 0);
    add_three(0, 20, 0);
    file.size_bytes -= TRACE_RECORD_BYTES + 1;
    open_file();
    assert_three(0, 10);
    assert_end("it is cut off at byte 287");
}

/* The last block says that it is longer: what is behind it is no record of it. */
static void a_last_block_of_a_wrong_length_is_left_out(void **unused)
{
    struct trace_block_head *head;

    (void)unused;
    add_three(0, 10, 0);
    head = (struct trace_block_head *)(file.bytes + file.size_bytes);
    add_three(0, 20, 0);
    trace_file_end(&file);
    head->slots = 4;
    open_file();
    assert_three(0, 10);
    assert_end("1 of its parts are damaged and left out, the first one at byte 192; it has no end: "
               "its run was killed, or goes on");
}

static void a_block_that_says_it_is_longer_than_the_file_is_left_out(void **unused)
{
    struct trace_block_head *head;

    (void)unused;
    add_three(0, 10, 0);
    head = (struct trace_block_head *)(file.bytes + file.size_bytes);
    add_three(0, 20, 0);
    head->slots = 1000;
    open_file();
    assert_three(0, 10);
    assert_end("it is cut off at byte 320");
}

static void a_damaged_block_is_left_out(void **unused)
{
    size_t damaged;

    (void)unused;
    add_three(0, 10, 0);
    damaged = add_three(0, 20, 0);
    add_three(0, 30, 0);
    trace_file_end(&file);
    file.bytes[damaged + TRACE_RECORD_BYTES + 5] ^= 1;
    open_file();
    assert_three(0, 10);
    assert_three(0, 30);
    assert_end("1 of its parts are damaged and left out, the first one at byte 192");
}

static void behind_a_damaged_head_the_next_block_is_found(void **unused)
{
    size_t damaged;

    (void)unused;
    damaged = add_three(0, 20, 0);
    add_three(0, 30, 0);
    trace_file_end(&file);
    file.bytes[damaged] = 'X';
    open_file();
    assert_three(0, 30);
    assert_end("1 of its parts are damaged and left out, the first one at byte 64");
}

static void a_text_longer_than_its_block_is_damage(void **unused)
{
    struct trace_record wild = {.kind = TRACE_FAULT, .arg = UINT16_MAX};

    (void)unused;
    trace_file_add(&file, 0, &wild, 1, 0);
    wild.arg = 1;
    trace_file_add(&file, 0, &wild, 1, 0);
    trace_file_end(&file);
    open_file();
    assert_end("2 of its parts are damaged and left out, the first one at byte 128");
}

static void another_file_is_refused(void **unused)
{
    (void)unused;
    file.bytes[0] = 'm';
    assert_refused("is no trace of minivmm");
}

static void an_empty_file_is_refused(void **unused)
{
    (void)unused;
    file.size_bytes = 0;
    assert_refused("is no trace of minivmm");
}

static void another_version_is_refused(void **unused)
{
    (void)unused;
    file.bytes[4] = 2;
    assert_refused("is a trace of version 2; this minivmm reads version 1");
}

static void a_head_that_is_cut_is_refused(void **unused)
{
    (void)unused;
    file.size_bytes -= 1;
    assert_refused("is a trace whose head is damaged or cut off");
}

static void a_head_of_any_length_is_refused(void **unused)
{
    (void)unused;
    memset(&file.bytes[8], 0xff, 4);
    assert_refused("is a trace whose head is damaged or cut off");
}

static void a_json_that_is_too_long_is_not_written(void **unused)
{
    static char json[TRACE_HEAD_MAX_BYTES];
    static uint8_t bytes[TRACE_HEAD_MAX_BYTES];

    (void)unused;
    assert_int_equal(trace_head_encode(json, TRACE_HEAD_MAX_BYTES - TRACE_HEAD_FIXED_BYTES, bytes),
                     0);
    assert_int_equal(
        trace_head_encode(json, TRACE_HEAD_MAX_BYTES - TRACE_HEAD_FIXED_BYTES - 1, bytes),
        TRACE_HEAD_MAX_BYTES);
}

static void exits_have_the_names_of_kvm(void **unused)
{
    (void)unused;
    assert_string_equal(trace_exit_name(KVM_EXIT_IO), "io");
    assert_string_equal(trace_exit_name(KVM_EXIT_HLT), "hlt");
    assert_string_equal(trace_exit_name(KVM_EXIT_MMIO), "mmio");
    assert_string_equal(trace_exit_name(KVM_EXIT_IRQ_WINDOW_OPEN), "irq_window");
    assert_string_equal(trace_exit_name(KVM_EXIT_SHUTDOWN), "shutdown");
    assert_string_equal(trace_exit_name(KVM_EXIT_INTR), "intr");
    assert_string_equal(trace_exit_name(KVM_EXIT_INTERNAL_ERROR), "error");
    assert_string_equal(trace_exit_name(KVM_EXIT_X86_RDMSR), "rdmsr");
    assert_string_equal(trace_exit_name(KVM_EXIT_X86_WRMSR), "wrmsr");
    assert_string_equal(trace_exit_name(KVM_EXIT_XEN), "xen");
    assert_null(trace_exit_name(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(records_come_back_as_they_were, setup),
        cmocka_unit_test_setup(everything_begins_at_a_multiple_of_a_record, setup),
        cmocka_unit_test_setup(a_text_stands_behind_its_record, setup),
        cmocka_unit_test_setup(a_text_has_no_control_characters, setup),
        cmocka_unit_test_setup(what_was_dropped_is_a_gap_where_it_was, setup),
        cmocka_unit_test_setup(a_gap_needs_no_records, setup),
        cmocka_unit_test_setup(a_kind_of_a_later_version_is_passed_over, setup),
        cmocka_unit_test_setup(a_file_without_an_end_is_read_and_said, setup),
        cmocka_unit_test_setup(a_block_that_is_cut_is_left_out, setup),
        cmocka_unit_test_setup(a_last_block_of_a_wrong_length_is_left_out, setup),
        cmocka_unit_test_setup(a_block_that_says_it_is_longer_than_the_file_is_left_out, setup),
        cmocka_unit_test_setup(a_damaged_block_is_left_out, setup),
        cmocka_unit_test_setup(behind_a_damaged_head_the_next_block_is_found, setup),
        cmocka_unit_test_setup(a_text_longer_than_its_block_is_damage, setup),
        cmocka_unit_test_setup(another_file_is_refused, setup),
        cmocka_unit_test_setup(an_empty_file_is_refused, setup),
        cmocka_unit_test_setup(another_version_is_refused, setup),
        cmocka_unit_test_setup(a_head_that_is_cut_is_refused, setup),
        cmocka_unit_test_setup(a_head_of_any_length_is_refused, setup),
        cmocka_unit_test(a_json_that_is_too_long_is_not_written),
        cmocka_unit_test(exits_have_the_names_of_kvm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
