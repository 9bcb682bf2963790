/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of a snapshot, and the ELF notes that they are. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/record.h"

#define UNKNOWN_TYPE 0x7777

static const uint8_t three[] = {1, 2, 3};

/* What is wrong with a stream; "" if nothing is. */
static const char *wrong_with(const void *bytes, size_t size_bytes)
{
    static char said[256];
    struct text error;
    bool is_right;

    text_init(&error, said, sizeof said);
    is_right = record_stream_validate(bytes, size_bytes, &error);
    assert_int_equal(is_right, said[0] == '\0');
    return said;
}

/* The records as the tests want them: two known ones, a note of another name between them. */
static size_t sample(uint8_t *bytes, size_t capacity_bytes)
{
    const uint64_t value = 0x1122334455667788;
    struct note_writer writer;

    note_writer_init(&writer, bytes, capacity_bytes);
    record_add(&writer, RECORD_PRODUCER, 0, three, sizeof three);
    note_add(&writer, "CORE", 1, 5);
    record_add(&writer, RECORD_VCPU_TIME, 7, &value, sizeof value);
    return writer.length_bytes;
}

static void a_record_is_a_note_as_readelf_reads_it(void **unused)
{
    static const uint8_t expected[] = {8,   0,   0,   0,   11,  0,   0,   0,   1, 0, 'V',
                                       'M', 'm', 'i', 'n', 'i', 'v', 'm', 'm', 0, 1, 0,
                                       1,   0,   0,   0,   0,   0,   1,   2,   3, 0};
    uint8_t bytes[sizeof expected];
    struct note_writer writer;

    (void)unused;
    note_writer_init(&writer, bytes, sizeof bytes);
    record_add(&writer, RECORD_PRODUCER, 0, three, sizeof three);
    assert_int_equal(writer.length_bytes, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void records_come_back_by_type_and_instance(void **unused)
{
    uint8_t bytes[256];
    size_t size_bytes = sample(bytes, sizeof bytes);
    struct record record;
    uint64_t value = 0;

    (void)unused;
    assert_string_equal(wrong_with(bytes, size_bytes), "");
    assert_true(record_find(bytes, size_bytes, RECORD_PRODUCER, 0, &record));
    assert_int_equal(record.size_bytes, sizeof three);
    assert_memory_equal(record.bytes, three, sizeof three);
    assert_true(record_take(bytes, size_bytes, RECORD_VCPU_TIME, 7, &value, sizeof value));
    assert_int_equal(value, 0x1122334455667788);
    assert_false(record_find(bytes, size_bytes, RECORD_VCPU_TIME, 6, &record));
    assert_false(record_find(bytes, size_bytes, RECORD_VCPU_REGS, 7, &record));
}

static void a_record_of_another_size_is_not_copied(void **unused)
{
    uint8_t bytes[256];
    size_t size_bytes = sample(bytes, sizeof bytes);
    uint8_t to[4] = {9, 9, 9, 9};

    (void)unused;
    assert_false(record_take(bytes, size_bytes, RECORD_PRODUCER, 0, to, 4));
    assert_false(record_take(bytes, size_bytes, RECORD_PRODUCER, 0, to, 2));
    assert_int_equal(to[0], 9);
}

static void the_first_of_two_equal_ones_counts(void **unused)
{
    uint8_t bytes[128];
    struct note_writer writer;
    uint8_t value = 1;

    (void)unused;
    note_writer_init(&writer, bytes, sizeof bytes);
    record_add(&writer, RECORD_MACHINE, 0, &value, 1);
    value = 2;
    record_add(&writer, RECORD_MACHINE, 0, &value, 1);
    assert_true(record_take(bytes, writer.length_bytes, RECORD_MACHINE, 0, &value, 1));
    assert_int_equal(value, 1);
}

/* A buffer of each size up to what is needed, with nothing behind it that could be written. */
static void a_full_buffer_is_never_left_and_says_how_large_it_had_to_be(void **unused)
{
    size_t needed_bytes = sample(NULL, 0);

    (void)unused;
    for (size_t capacity = 1; capacity <= needed_bytes; capacity++) {
        uint8_t *bytes = malloc(capacity);

        assert_non_null(bytes);
        assert_int_equal(sample(bytes, capacity), needed_bytes);
        if (capacity == needed_bytes)
            assert_string_equal(wrong_with(bytes, capacity), "");
        free(bytes);
    }
}

static void nothing_fits_behind_what_did_not(void **unused)
{
    uint8_t bytes[64];
    struct note_writer writer;

    (void)unused;
    note_writer_init(&writer, bytes, sizeof bytes);
    assert_null(record_add_empty(&writer, RECORD_DEVICE, 0, 0, 100));
    assert_true(note_writer_is_full(&writer));
    assert_null(record_add_empty(&writer, RECORD_DEVICE, 0, 0, 1));
}

/* In a block of its own, so that a sanitizer sees each byte that is read behind its end. */
static void a_stream_cut_at_any_length_is_refused_or_ends_between_two_notes(void **unused)
{
    uint8_t bytes[256];
    size_t size_bytes = sample(bytes, sizeof bytes);
    unsigned whole = 0;

    (void)unused;
    for (size_t length = 0; length < size_bytes; length++) {
        uint8_t *cut = malloc(length + 1);
        struct record record;

        assert_non_null(cut);
        memcpy(cut + 1, bytes, length);
        whole += wrong_with(cut + 1, length)[0] == '\0';
        record_find(cut + 1, length, RECORD_VCPU_TIME, 7, &record);
        free(cut);
    }
    /* Nothing, one note with and without the zero behind it, two with and without three zeros. */
    assert_int_equal(whole, 1 + 2 + 4);
}

static void what_is_not_known_is_skipped_unless_it_must_be_understood(void **unused)
{
    uint8_t bytes[256];
    struct note_writer writer;
    struct record record;
    struct note_reader reader;

    (void)unused;
    note_writer_init(&writer, bytes, sizeof bytes);
    memcpy(note_add(&writer, RECORD_NOTE_NAME, UNKNOWN_TYPE, 8), "\1\0\0\0\0\0\0\0", 8);
    record_add(&writer, RECORD_PRODUCER, 0, three, sizeof three);
    assert_string_equal(wrong_with(bytes, writer.length_bytes), "");
    note_reader_init(&reader, bytes, writer.length_bytes);
    assert_true(record_next(&reader, &record));
    assert_int_equal(record.type, RECORD_PRODUCER);
    assert_false(record_next(&reader, &record));
    memcpy(note_add(&writer, RECORD_NOTE_NAME, UNKNOWN_TYPE, 8), "\1\0\1\0\0\0\0\0", 8);
    assert_string_equal(wrong_with(bytes, writer.length_bytes),
                        "it needs a newer minivmm: it has a record of type 0x7777, which must be "
                        "understood and is not known here");
}

static void a_version_that_is_not_known_is_like_a_type_that_is_not(void **unused)
{
    uint8_t bytes[64];
    struct note_writer writer;
    struct record record;
    uint8_t *at;

    (void)unused;
    note_writer_init(&writer, bytes, sizeof bytes);
    at = record_add_empty(&writer, RECORD_MACHINE, 0, 0, 0) - RECORD_HEAD_BYTES;
    at[0] = 2;
    assert_string_equal(wrong_with(bytes, writer.length_bytes), "");
    assert_false(record_find(bytes, writer.length_bytes, RECORD_MACHINE, 0, &record));
    at[2] = RECORD_MUST_UNDERSTAND;
    assert_string_equal(
        wrong_with(bytes, writer.length_bytes),
        "it needs another minivmm: its record \"machine\" has version 2, known here "
        "is 1 to 1");
}

static void too_short_a_record_and_too_many_notes_are_refused(void **unused)
{
    static uint8_t bytes[(RECORDS_MAX + 1) * 20];
    struct note_writer writer;

    (void)unused;
    note_writer_init(&writer, bytes, sizeof bytes);
    note_add(&writer, RECORD_NOTE_NAME, RECORD_MACHINE, RECORD_HEAD_BYTES - 1);
    assert_string_equal(wrong_with(bytes, writer.length_bytes),
                        "damaged: note 1 has 7 bytes, less than a record's head");
    note_writer_init(&writer, bytes, sizeof bytes);
    for (unsigned i = 0; i < RECORDS_MAX; i++)
        note_add(&writer, "other", 0, 0);
    assert_string_equal(wrong_with(bytes, writer.length_bytes), "");
    note_add(&writer, "other", 0, 0);
    assert_string_equal(wrong_with(bytes, writer.length_bytes),
                        "damaged: it has more than 16384 notes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_a_note_as_readelf_reads_it),
        cmocka_unit_test(records_come_back_by_type_and_instance),
        cmocka_unit_test(a_record_of_another_size_is_not_copied),
        cmocka_unit_test(the_first_of_two_equal_ones_counts),
        cmocka_unit_test(a_full_buffer_is_never_left_and_says_how_large_it_had_to_be),
        cmocka_unit_test(nothing_fits_behind_what_did_not),
        cmocka_unit_test(a_stream_cut_at_any_length_is_refused_or_ends_between_two_notes),
        cmocka_unit_test(what_is_not_known_is_skipped_unless_it_must_be_understood),
        cmocka_unit_test(a_version_that_is_not_known_is_like_a_type_that_is_not),
        cmocka_unit_test(too_short_a_record_and_too_many_notes_are_refused),
    };

    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
