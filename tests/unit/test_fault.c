/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of the guest's time: both forms of one, and what is wrong with bad ones. */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/duration.h"
#include "timelab/fault.h"

#define HOUR_NS INT64_C(3600000000000)

static char line[FAULT_ERROR_BYTES];

static bool from_words(const char *words, struct fault *fault)
{
    struct text error;

    text_init(&error, line, sizeof line);
    return fault_from_words(words, fault, &error);
}

static bool from_json(const char *bytes, struct fault *fault)
{
    json_t *object = json_loads(bytes, JSON_REJECT_DUPLICATES, NULL);
    struct text error;
    bool taken;

    assert_non_null(object);
    text_init(&error, line, sizeof line);
    taken = fault_from_json(object, fault, &error);
    json_decref(object);
    return taken;
}

static void assert_bad_words(const char *words, const char *message)
{
    struct fault fault;

    assert_false(from_words(words, &fault));
    assert_string_equal(line, message);
}

static void assert_bad_json(const char *bytes, const char *message)
{
    struct fault fault;

    assert_false(from_json(bytes, &fault));
    assert_string_equal(line, message);
}

/* -1: it is none. */
static int64_t duration(const char *text)
{
    int64_t ns = -1;

    duration_parse(text, &ns);
    return ns;
}

static void a_duration_has_a_unit_and_is_exact(void **unused)
{
    (void)unused;
    assert_int_equal(duration("1ns"), 1);
    assert_int_equal(duration("250us"), 250000);
    assert_int_equal(duration("+7ms"), 7000000);
    assert_int_equal(duration("1.5s"), 1500000000);
    assert_int_equal(duration("0.000000001s"), 1);
    assert_int_equal(duration("2m"), 120000000000);
    assert_int_equal(duration("1h"), HOUR_NS);
    assert_int_equal(duration("1.25d"), 30 * HOUR_NS);
    assert_int_equal(duration("-3us"), -3000);
    assert_int_equal(duration("9223372036854775807ns"), INT64_MAX);
}

static void what_is_no_duration_is_refused(void **unused)
{
    static const char *const bad[] = {
        "",     "5",    "s",      "-",       "5 s",  "5sec",
        "1..s", "1.s",  ".5s",    "0.5ns",   "--5s", "9223372036854775808ns",
        "1e3s", "1.5.", "1.2.3s", "106752d", "5s ",  "0.0000000001s",
    };

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(duration(bad[i]), -1);
}

static void a_duration_is_printed_in_the_largest_unit_that_holds_it(void **unused)
{
    static const char *const texts[] = {"0s",     "1ns", "1500ms", "90m", "1h",
                                        "-250us", "25h", "3650d",  "61s", "9223372036854775807ns"};

    (void)unused;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char bytes[32];
        struct text text;

        text_init(&text, bytes, sizeof bytes);
        duration_add(&text, duration(texts[i]));
        assert_string_equal(bytes, texts[i]);
    }
}

static void both_forms_say_the_same(void **unused)
{
    struct fault words, object;

    (void)unused;
    assert_true(from_words("jump by=1h", &words));
    assert_int_equal(words.kind, FAULT_JUMP);
    assert_int_equal(words.values[0], HOUR_NS);
    assert_true(from_json("{\"by\":\"60m\",\"fault\":\"jump\"}", &object));
    assert_memory_equal(&words, &object, sizeof words);
    assert_true(from_words("  jump   by=3600s ", &object));
    assert_memory_equal(&words, &object, sizeof words);
}

/* The smallest and the largest of each argument; the other arguments are at their smallest. */
static void each_fault_is_printed_so_that_it_is_read_back(void **unused)
{
    (void)unused;
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++)
        for (unsigned i = 0; i <= FAULT_ARGUMENTS_MAX; i++) {
            const struct fault_argument *arguments = fault_rows[kind].arguments;
            struct fault fault = {.kind = (enum fault_kind)kind}, again;
            char bytes[FAULT_TEXT_BYTES];
            struct text text, error;
            json_t *object;

            for (unsigned j = 0, choices = 0; arguments[j].name != NULL; j++)
                fault.values[j] = arguments[j].use == FAULT_ONE_OF && choices++ != i % 2
                                      ? arguments[j].preset
                                  : i == j ? arguments[j].max
                                           : arguments[j].min;
            text_init(&text, bytes, sizeof bytes);
            fault_add_words(&fault, &text);
            assert_false(text.cut);
            assert_true(from_words(bytes, &again));
            assert_memory_equal(&again, &fault, sizeof fault);
            object = fault_to_json(&fault);
            text_init(&error, line, sizeof line);
            assert_true(fault_from_json(object, &again, &error));
            assert_memory_equal(&again, &fault, sizeof fault);
            json_decref(object);
        }
}

static void every_fault_has_help_and_a_range_that_its_line_has_room_for(void **unused)
{
    (void)unused;
    for (unsigned kind = 0; kind < FAULT_KINDS; kind++) {
        const struct fault_row *row = &fault_rows[kind];

        assert_true(*row->help != '\0');
        for (unsigned i = 0; row->arguments[i].name != NULL; i++) {
            char words[FAULT_TEXT_BYTES];
            struct fault fault;

            assert_true(row->arguments[i].min <= row->arguments[i].max);
            assert_true(row->arguments[i].unit != FAULT_WORD || row->arguments[i].min == 0);
            snprintf(words, sizeof words, "%s %s=", row->name, row->arguments[i].name);
            assert_false(from_words(words, &fault));
            assert_in_range(strlen(line), 1, sizeof line - 2);
        }
    }
}

static void bad_words_get_one_line_each(void **unused)
{
    (void)unused;
    assert_bad_words("", "'' is no fault; minivmm --faults lists them");
    assert_bad_words("jmp by=1h", "'jmp' is no fault; minivmm --faults lists them");
    assert_bad_words("jump", "jump: by is missing");
    assert_bad_words("jump by=1h by=1h", "jump: by is given twice");
    assert_bad_words("jump 1h", "jump: '1h' is to be NAME=VALUE");
    assert_bad_words("jump for=1h", "jump has no argument 'for'; it is jump by=TIME");
    assert_bad_words("jump by=1",
                     "jump: by is to be a time from 1ns to 3650d, with its unit, as 1.5s or 1h");
    assert_bad_words("jump by=0s",
                     "jump: by is to be a time from 1ns to 3650d, with its unit, as 1.5s or 1h");
    assert_bad_words("jump by=-1s",
                     "jump: by is to be a time from 1ns to 3650d, with its unit, as 1.5s or 1h");
    assert_bad_words("jump by=3651d",
                     "jump: by is to be a time from 1ns to 3650d, with its unit, as 1.5s or 1h");
}

static void bad_objects_get_one_line_each(void **unused)
{
    (void)unused;
    assert_bad_json("{}", "'fault' is to be the name of one; minivmm --faults lists them");
    assert_bad_json("{\"fault\":1}",
                    "'fault' is to be the name of one; minivmm --faults lists them");
    assert_bad_json("[]", "'fault' is to be the name of one; minivmm --faults lists them");
    assert_bad_json("{\"fault\":\"jmp\"}", "'jmp' is no fault; minivmm --faults lists them");
    assert_bad_json("{\"fault\":\"jump\"}", "jump: by is missing");
    assert_bad_json("{\"fault\":\"jump\",\"by\":3600}",
                    "jump: by is to be a time from 1ns to 3650d, with its unit, as 1.5s or 1h");
    assert_bad_json("{\"fault\":\"jump\",\"by\":\"1h\",\"x\":null}",
                    "jump has no argument 'x'; it is jump by=TIME");
}

static void what_may_be_left_out_is_the_preset_and_not_told(void **unused)
{
    struct fault fault, object;
    char bytes[FAULT_TEXT_BYTES];
    struct text text;

    (void)unused;
    assert_true(from_words("hpet.stick", &fault));
    assert_int_equal(fault.kind, FAULT_HPET_STICK);
    assert_int_equal(fault.values[0], 0);
    assert_int_equal(fault_lasts_ns(&fault), 0);
    text_init(&text, bytes, sizeof bytes);
    fault_add_words(&fault, &text);
    assert_string_equal(bytes, "hpet.stick");
    assert_true(from_json("{\"fault\":\"hpet.stick\",\"for\":\"5s\"}", &object));
    assert_int_equal(fault_lasts_ns(&object), 5000000000);
    fault_add_words(&object, &text);
    assert_string_equal(bytes, "hpet.stickhpet.stick for=5s");
    assert_bad_words("hpet.stick for=0s",
                     "hpet.stick: for is to be a time from 1ns to 3650d, with its unit, as 1.5s or "
                     "1h");
    assert_bad_words("hpet.stick x=1",
                     "hpet.stick has no argument 'x'; it is hpet.stick [for=TIME]");
}

static void words_without_end_are_refused(void **unused)
{
    char words[1000];

    (void)unused;
    memset(words, 'a', sizeof words - 1);
    words[sizeof words - 1] = '\0';
    assert_bad_words(words, "no fault is longer than 511 bytes");
    words[200] = '\0';
    assert_bad_words(words,
                     "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' is no fault; minivmm --faults lists them");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_has_a_unit_and_is_exact),
        cmocka_unit_test(what_is_no_duration_is_refused),
        cmocka_unit_test(a_duration_is_printed_in_the_largest_unit_that_holds_it),
        cmocka_unit_test(both_forms_say_the_same),
        cmocka_unit_test(each_fault_is_printed_so_that_it_is_read_back),
        cmocka_unit_test(every_fault_has_help_and_a_range_that_its_line_has_room_for),
        cmocka_unit_test(bad_words_get_one_line_each),
        cmocka_unit_test(bad_objects_get_one_line_each),
        cmocka_unit_test(what_may_be_left_out_is_the_preset_and_not_told),
        cmocka_unit_test(words_without_end_are_refused),
    };

    return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
