/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames between run-test and its init in the guest. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/run_stream.h"

#define BYTES(text) ((const uint8_t *)(text)), sizeof(text) - 1

static struct run_decoder decoder;

static int setup(void **unused)
{
    (void)unused;
    memset(&decoder, 0, sizeof decoder);
    return 0;
}

/* The frames of the bytes as "TYPE:PAYLOAD|", given in pieces of so many bytes. */
static const char *decode(const uint8_t *bytes, size_t count, size_t piece)
{
    static char found[256];
    size_t at = 0;

    found[0] = '\0';
    while (at < count) {
        size_t given = piece < count - at ? piece : count - at;
        struct run_frame frame;
        size_t taken = run_decoder_take(&decoder, bytes + at, given, &frame);

        assert_in_range(taken, 1, given);
        at += taken;
        if (frame.type != RUN_NONE)
            snprintf(found + strlen(found), sizeof found - strlen(found), "%c:%.*s|", frame.type,
                     (int)frame.length_bytes, (const char *)frame.payload);
    }
    return found;
}

static void frames_are_the_same_however_the_bytes_come(void **unused)
{
    (void)unused;
    for (size_t piece = 1; piece < 20; piece++)
        assert_string_equal(decode(BYTES("o\3\0abcw\0\0e\1\0x"), piece), "o:abc|w:|e:x|");
}

static void a_head_that_was_put_is_read(void **unused)
{
    uint8_t bytes[RUN_FRAME_MAX_BYTES] = {0};
    struct run_frame frame;

    (void)unused;
    run_frame_put_head(bytes, RUN_DATA, RUN_PAYLOAD_MAX_BYTES);
    assert_int_equal(run_decoder_take(&decoder, bytes, sizeof bytes, &frame), sizeof bytes);
    assert_int_equal(frame.type, RUN_DATA);
    assert_int_equal(frame.length_bytes, RUN_PAYLOAD_MAX_BYTES);
}

static void a_type_that_is_none_and_a_length_that_is_too_much_end_it(void **unused)
{
    (void)unused;
    assert_string_equal(decode(BYTES("o\1\0aq\1\0bo\1\0c"), 100), "o:a|");
    assert_true(decoder.damaged);
    setup(NULL);
    assert_string_equal(decode(BYTES("o\1\x08"), 100), "");
    assert_true(decoder.damaged);
    setup(NULL);
    assert_string_equal(decode(BYTES("\0\0\0o\1\0a"), 1), "");
    assert_true(decoder.damaged);
}

static struct run_frame frame_of(const uint8_t *bytes, size_t count)
{
    return (struct run_frame){RUN_FILE, bytes, (unsigned)count};
}

static int status_of(enum run_end_how how, unsigned value)
{
    const struct run_end end = {how, value};
    uint8_t payload[RUN_END_BYTES];
    struct run_end read;

    run_end_encode(&end, payload);
    assert_true(run_end_decode(&(struct run_frame){RUN_END, payload, sizeof payload}, &read));
    return run_end_status(&read);
}

static void the_status_is_the_programs_or_what_a_shell_makes_of_its_end(void **unused)
{
    (void)unused;
    assert_int_equal(status_of(RUN_EXITED, 0), 0);
    assert_int_equal(status_of(RUN_EXITED, 255), 255);
    assert_int_equal(status_of(RUN_SIGNALED, 11), 139);
    assert_int_equal(status_of(RUN_NOT_STARTED, ENOENT), 127);
    assert_int_equal(status_of(RUN_NOT_STARTED, EACCES), 126);
}

static bool end_is_good(const uint8_t *bytes, size_t count)
{
    struct run_frame frame = frame_of(bytes, count);
    struct run_end end;

    return run_end_decode(&frame, &end);
}

static void an_end_that_cannot_be_is_refused(void **unused)
{
    (void)unused;
    assert_true(end_is_good(BYTES("\0\xff\0")));
    assert_false(end_is_good(BYTES("\0\0")));
    assert_false(end_is_good(BYTES("\0\0\1")));
    assert_false(end_is_good(BYTES("\1\x80\0")));
    assert_false(end_is_good(BYTES("\3\0\0")));
}

static bool name_is_good(const uint8_t *bytes, size_t count)
{
    struct run_frame frame = frame_of(bytes, count);
    char name[RUN_NAME_MAX_BYTES + 1];

    return run_name_decode(&frame, NULL, name);
}

static void a_name_is_below_the_folder(void **unused)
{
    (void)unused;
    assert_true(name_is_good(BYTES("a")));
    assert_true(name_is_good(BYTES("a/b.c/..d/...")));
    assert_false(name_is_good(BYTES("")));
    assert_false(name_is_good(BYTES("/a")));
    assert_false(name_is_good(BYTES("a//b")));
    assert_false(name_is_good(BYTES("a/")));
    assert_false(name_is_good(BYTES(".")));
    assert_false(name_is_good(BYTES("..")));
    assert_false(name_is_good(BYTES("a/../b")));
    assert_false(name_is_good(BYTES("a/..")));
    assert_false(name_is_good(BYTES("./a")));
    assert_false(name_is_good(BYTES("a\0b")));
}

static void a_name_has_a_length_and_may_have_permissions_before_it(void **unused)
{
    char long_name[RUN_MODE_BYTES + RUN_NAME_MAX_BYTES + 1], name[RUN_NAME_MAX_BYTES + 1];
    struct run_frame frame = frame_of(BYTES("\xed\xf9run.sh"));
    unsigned mode;

    (void)unused;
    assert_true(run_name_decode(&frame, &mode, name));
    assert_int_equal(mode, 0755);
    assert_string_equal(name, "run.sh");
    memset(long_name, 'n', sizeof long_name);
    frame = frame_of((const uint8_t *)long_name, sizeof long_name - 1);
    assert_true(run_name_decode(&frame, &mode, name));
    frame.length_bytes++;
    assert_false(run_name_decode(&frame, &mode, name));
    frame.length_bytes = RUN_MODE_BYTES;
    assert_false(run_name_decode(&frame, &mode, name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(frames_are_the_same_however_the_bytes_come, setup),
        cmocka_unit_test_setup(a_head_that_was_put_is_read, setup),
        cmocka_unit_test_setup(a_type_that_is_none_and_a_length_that_is_too_much_end_it, setup),
        cmocka_unit_test(the_status_is_the_programs_or_what_a_shell_makes_of_its_end),
        cmocka_unit_test(an_end_that_cannot_be_is_refused),
        cmocka_unit_test(a_name_is_below_the_folder),
        cmocka_unit_test(a_name_has_a_length_and_may_have_permissions_before_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
