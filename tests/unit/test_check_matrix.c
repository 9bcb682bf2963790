/* SPDX-License-Identifier: BSD-2-Clause */
/* The cells of a matrix, its shards, and results that are read again to be merged. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "check/cells.h"
#include "check/format.h"
#include "check/result.h"
#include "check/result_read.h"

static void every_cell_of_a_kernel_is_another_machine(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < CELLS_PER_KERNEL; i++)
        for (unsigned j = 0; j < i; j++) {
            struct cell one = cell_at(i), other = cell_at(j);

            assert_true(one.machine.cpu_count != other.machine.cpu_count ||
                        one.machine.kvmclock != other.machine.kvmclock ||
                        one.machine.invtsc != other.machine.invtsc ||
                        one.machine.hpet != other.machine.hpet ||
                        one.machine.pmtimer != other.machine.pmtimer);
        }
}

static void cells_are_in_the_documented_order(void **unused)
{
    struct cell cell = cell_at(0);

    (void)unused;
    assert_int_equal(cell.kernel, 0);
    assert_int_equal(cell.machine.cpu_count, 1);
    assert_true(cell.machine.kvmclock && !cell.machine.invtsc);
    assert_true(cell.machine.hpet && cell.machine.pmtimer);
    assert_false(cell_at(1).machine.pmtimer);
    cell = cell_at(47);
    assert_int_equal(cell.machine.cpu_count, 4);
    assert_true(!cell.machine.kvmclock && cell.machine.invtsc);
    assert_true(!cell.machine.hpet && !cell.machine.pmtimer);
    assert_int_equal(cell_at(48).kernel, 1);
    assert_int_equal(cell_at(48).machine.cpu_count, 1);
}

static void shards_share_all_cells_out(void **unused)
{
    struct shard shards[3];

    (void)unused;
    assert_true(shard_parse("1/3", &shards[0]));
    assert_true(shard_parse("2/3", &shards[1]));
    assert_true(shard_parse("3/3", &shards[2]));
    for (unsigned cell = 0; cell < 96; cell++)
        assert_int_equal(shard_has(&shards[0], cell) + shard_has(&shards[1], cell) +
                             shard_has(&shards[2], cell),
                         1);
}

static void a_shard_that_is_none_is_refused(void **unused)
{
    static const char *const texts[] = {
        "",    "1",    "/",    "1/",     "/2",    "0/2",          "3/2",
        "1/0", "-1/2", "1/2x", "1/4097", "1 / 2", "99999999999/2"};
    struct shard shard;

    (void)unused;
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(shard_parse(texts[i], &shard));
}

static int read_text(const char *text, json_t *results, char *error)
{
    return result_read(text, strlen(text), results, error, 128);
}

static void assert_refused(const char *text, const char *message)
{
    json_t *results = json_array();
    char error[128];

    assert_int_equal(read_text(text, results, error), -1);
    assert_string_equal(error, message);
    assert_int_equal(json_array_size(results), 0);
    json_decref(results);
}

static void what_was_written_is_read_again(void **unused)
{
    struct run_result result = {.kernel = "a \377 kernel",
                                .options = "--cpus 1",
                                .console = "one\ntwo",
                                .status = 12,
                                .outcome = OUTCOME_HALF_REPORT};
    json_t *written = json_array(), *read = json_array();
    char error[128] = "";
    json_t *document;
    char *text;

    (void)unused;
    json_array_append_new(written, result_to_json(&result));
    document = result_document(json_incref(written));
    text = json_dumps(document, 0);
    assert_int_equal(read_text(text, read, error), 0);
    assert_int_equal(read_text(text, read, error), 0);
    assert_int_equal(json_array_size(read), 2);
    assert_true(json_equal(json_array_get(read, 1), json_array_get(written, 0)));
    assert_string_equal(result_text(json_array_get(read, 0), "kernel"), "a ? kernel");
    assert_int_equal(results_count_failed(read), 2);
    free(text);
    json_decref(document);
    json_decref(written);
    json_decref(read);
}

#define START "{\"schema\":\"minivmm-check-1\",\"results\":"
#define RESULT                                                                                     \
    "\"kernel\":\"k\",\"options\":\"o\",\"outcome\":\"judged\",\"detail\":null,\"stage\":"         \
    "\"done\","                                                                                    \
    "\"verdicts\":[],\"checklist\":[]"

static void what_is_no_result_is_refused(void **unused)
{
    (void)unused;
    assert_refused("", "it is not JSON, in line 1");
    assert_refused("{}\n{}", "it is not JSON, in line 2");
    assert_refused("{}", "its schema is not minivmm-check-1");
    assert_refused("[]", "its schema is not minivmm-check-1");
    assert_refused("{\"schema\":\"minivmm-check-2\"}", "its schema is not minivmm-check-1");
    assert_refused(START "7}", "it has no array of results");
    assert_refused(START "[7]}", "one of its results lacks a part");
    assert_refused(START "[{" RESULT ",\"console\":[]}]}", "one of its results lacks a part");
    assert_refused(START "[{" RESULT ",\"status\":0,\"console\":[null]}]}",
                   "one of its results lacks a part");
    assert_refused(START "[{" RESULT ",\"status\":0,\"console\":[\"a\\u0001\"]}]}",
                   "one of its results lacks a part");
    assert_refused(START "[{" RESULT ",\"status\":0,\"console\":[],\"cell\":7}]}",
                   "one of its results lacks a part");
    assert_refused(START "[{" RESULT ",\"status\":0,\"console\":[],"
                         "\"cell\":{\"number\":3,\"of\":2}}]}",
                   "one of its results lacks a part");
    assert_refused(START "[{" RESULT ",\"status\":0,\"console\":[],"
                         "\"cell\":{\"number\":1,\"of\":4097}}]}",
                   "one of its results lacks a part");
}

/* A document whose one result has these verdicts and console lines, and this release of Linux. */
static int read_result(unsigned verdicts, unsigned lines, size_t line_length, const char *release)
{
    struct run_result result = {.kernel = "k", .options = "o", .console = "", .detail = "d"};
    json_t *object = result_to_json(&result), *results = json_array(), *read = json_array();
    char error[128] = "";
    char line[2000] = "";
    json_t *document;
    char *text;
    int status;

    memset(line, 'a', line_length);
    for (unsigned i = 0; i < verdicts; i++)
        json_array_append_new(json_object_get(object, "verdicts"),
                              json_pack("{s:n, s:n, s:n, s:n, s:n, s:n}", "expected", "profile",
                                        "result", "seen", "layer", "cause"));
    for (unsigned i = 0; i < lines; i++)
        json_array_append_new(json_object_get(object, "console"), json_string(line));
    json_object_set_new(object, "guest", json_pack("{s:s}", "release", release));
    json_array_append_new(results, object);
    document = result_document(results);
    text = json_dumps(document, 0);
    status = read_text(text, read, error);
    if (status != 0)
        assert_string_equal(error, "one of its results lacks a part");
    free(text);
    json_decref(document);
    json_decref(read);
    return status;
}

/* So that what a format writes of it fits its buffer, and no terminal obeys it. */
static void a_result_that_no_run_has_written_is_refused(void **unused)
{
    (void)unused;
    assert_int_equal(read_result(1, 1, 1, "6.1.0"), 0);
    assert_int_equal(read_result(EXPECTATIONS_MAX, RESULT_CONSOLE_LINES, 1023, "6.1.0"), 0);
    assert_int_equal(read_result(0, 0, 0, "6.1.0"), 0);
    assert_int_equal(read_result(EXPECTATIONS_MAX + 1, 1, 1, "6.1.0"), -1);
    assert_int_equal(read_result(1, RESULT_CONSOLE_LINES + 1, 1, "6.1.0"), -1);
    assert_int_equal(read_result(1, 1, 1024, "6.1.0"), -1);
    assert_int_equal(read_result(1, 1, 1, "\033[2J"), -1);
}

static void a_result_with_a_large_key_that_is_not_known_is_refused(void **unused)
{
    size_t size_bytes = FORMAT_RESULT_BYTES;
    char *text = malloc(2 * size_bytes);
    json_t *results = json_array();
    char error[128];
    int length = sprintf(text, START "[{" RESULT ",\"status\":0,\"console\":[],\"more\":\"");

    (void)unused;
    memset(text + length, 'a', size_bytes);
    strcpy(text + length + size_bytes, "\"}]}");
    assert_int_equal(read_text(text, results, error), -1);
    strcpy(text + length, "\"}]}");
    assert_int_equal(read_text(text, results, error), 0);
    json_decref(results);
    free(text);
}

/* The results of cells of matrices: "number/of" each. */
static void no_more_results_are_read_than_the_largest_matrix_has(void **unused)
{
    struct run_result result = {.kernel = "k", .options = "o", .console = ""};
    json_t *some = json_array(), *results = json_array();
    char error[128], *text;
    json_t *document;

    (void)unused;
    for (unsigned i = 0; i < CELLS_MAX / 2; i++)
        json_array_append_new(some, result_to_json(&result));
    document = result_document(some);
    text = json_dumps(document, 0);
    assert_int_equal(read_text(text, results, error), 0);
    assert_int_equal(read_text(text, results, error), 0);
    assert_int_equal(read_text(text, results, error), -1);
    assert_string_equal(error, "with it there are more than 4096 results");
    assert_int_equal(json_array_size(results), CELLS_MAX);
    free(text);
    json_decref(document);
    json_decref(results);
}

static bool are_whole(const char *cells, char *error)
{
    json_t *results = json_array();
    unsigned number, of;
    int length;
    bool whole;

    for (; sscanf(cells, "%u/%u%n", &number, &of, &length) == 2; cells += length) {
        json_t *result = json_object();

        if (number != 0)
            result_set_cell(result, number, of);
        json_array_append_new(results, result);
    }
    whole = results_are_whole(results, error, 128);
    json_decref(results);
    return whole;
}

static void a_matrix_is_whole_with_every_cell_once(void **unused)
{
    char error[128];

    (void)unused;
    assert_true(are_whole("", error));
    assert_true(are_whole("0/0 0/0", error));
    assert_true(are_whole("2/3 0/0 1/3 3/3", error));
    assert_true(are_whole("1/1", error));
    assert_false(are_whole("1/3 3/3", error));
    assert_string_equal(error, "1 of the matrix's 3 checks are missing, the first is 2");
    assert_false(are_whole("1/4096", error));
    assert_string_equal(error, "4095 of the matrix's 4096 checks are missing, the first is 2");
    assert_false(are_whole("1/2 1/2", error));
    assert_string_equal(error, "check 1 of 2 is there twice, or of another matrix");
    assert_false(are_whole("1/2 2/3", error));
    assert_string_equal(error, "check 2 of 3 is there twice, or of another matrix");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_results_are_read_than_the_largest_matrix_has),
        cmocka_unit_test(every_cell_of_a_kernel_is_another_machine),
        cmocka_unit_test(cells_are_in_the_documented_order),
        cmocka_unit_test(shards_share_all_cells_out),
        cmocka_unit_test(a_shard_that_is_none_is_refused),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(what_is_no_result_is_refused),
        cmocka_unit_test(a_result_that_no_run_has_written_is_refused),
        cmocka_unit_test(a_result_with_a_large_key_that_is_not_known_is_refused),
        cmocka_unit_test(a_matrix_is_whole_with_every_cell_once),
    };

    return cmocka_run_group_tests_name("check_matrix", tests, NULL, NULL);
}
