/* SPDX-License-Identifier: BSD-2-Clause */
/* What a scenario may ask for its guest: a scenario can come from a stranger. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "timelab/scenario_read.h"
#include "vmm/cmd/experiment_guest.h"
#include "vmm/cmd/option_commands.h"
#include "vmm/cmd/sandbox_options.h"

static struct scenario scenario;
static struct experiment_guest guest;
static struct options options;
static char error[OPTIONS_ERROR_SIZE];

static int teardown(void **unused)
{
    (void)unused;
    scenario_close(&scenario);
    return 0;
}

/* A guest with these members is in the file /folder/x.json. */
static bool accepts(const char *members, const struct experiment_options *experiment)
{
    char text[1024], line[SCENARIO_ERROR_BYTES];
    struct text why;

    scenario_close(&scenario);
    snprintf(text, sizeof text, "{\"scenario\":1,\"guests\":{\"a\":{%s}},\"end\":\"1s\"}", members);
    text_init(&why, line, sizeof line);
    if (!scenario_read(&scenario, text, strlen(text), &why))
        fail_msg("%s", line);
    *error = '\0';
    return experiment_guest_options(&guest, &scenario, 0, "/folder/x.json", experiment, &options,
                                    error, sizeof error);
}

static void assert_refused(const char *members, const char *message)
{
    static const struct experiment_options none = {.repeat = 1};

    assert_false(accepts(members, &none));
    assert_string_equal(error, message);
}

static void files_are_in_the_scenarios_folder(void **unused)
{
    static const struct experiment_options none = {.repeat = 1};
    static const struct experiment_options other = {.repeat = 1, .kernel_path = "mine"};

    (void)unused;
    assert_true(accepts("\"kernel\":\"k\",\"initrd\":\"/i\"", &none));
    assert_string_equal(options.host.kernel_path, "/folder/k");
    assert_string_equal(options.host.initrds[0], "/i");
    assert_true(accepts("\"kernel\":\"k\"", &other));
    assert_string_equal(options.host.kernel_path, "mine");
    assert_int_equal(options.host.initrd_count, 0);
    assert_refused("", "guest a has no kernel: give one by --kernel");
    assert_refused(SANDBOX_OPTIONS_DEFAULT
                       ? "\"kernel\":\"k\",\"options\":[\"--sandbox\",\"off\"]"
                       : "\"kernel\":\"k\",\"options\":[\"--sandbox\",\"strict\"]",
                   "guest a: --sandbox: it is not for the file to say");
}

static void options_are_those_of_the_machine(void **unused)
{
    static const struct experiment_options none = {.repeat = 1};

    (void)unused;
    assert_true(accepts("\"kernel\":\"k\",\"options\":[\"-c\",\"2\",\"--append\",\"x\"]", &none));
    assert_int_equal(options.config.cpu_count, 2);
    assert_string_equal(options.host.append, "x");
    assert_refused("\"kernel\":\"k\",\"options\":[\"--at\",\"1s jump by=1s\"]",
                   "guest a: --at: the timeline has the faults");
    assert_refused("\"kernel\":\"k\",\"options\":[\"--reboot\",\"again\"]",
                   "guest a: --reboot again: a scenario is of one boot");
    assert_true(accepts("\"kernel\":\"k\",\"time-rate\":\"1/10\"", &none));
    assert_int_equal(options.config.time_rate.host_ns, 10);
    assert_refused("\"kernel\":\"k\",\"time-rate\":\"2\",\"options\":[\"--time-rate\",\"3\"]",
                   "guest a: --time-rate is given twice; a run has one");
    assert_refused("\"kernel\":\"k\",\"options\":[\"--help\"]",
                   "guest a: its options are to be those of a machine");
}

/* "file:FILE" names the file x. */
static void assert_no_file(const struct option_row *row, const char *word)
{
    static const struct experiment_options none = {.repeat = 1};
    size_t stem = strlen(word) - strlen("FILE");
    char members[256];

    snprintf(members, sizeof members, "\"kernel\":\"k\",\"options\":[\"--%s\",\"%.*sx\"]",
             row->name, (int)stem, word);
    if (accepts(members, &none))
        fail_msg("--%s %.*sx is accepted", row->name, (int)stem, word);
}

/* Whatever option a run has that names a file. */
static void no_option_names_a_file_of_the_host(void **unused)
{
    struct option_list list;
    unsigned count = 0;

    (void)unused;
    option_commands_list(COMMAND_RUN, &list);
    for (unsigned i = 0; i < list.count; i++)
        for (unsigned j = 0; list.rows[i]->words != NULL && list.rows[i]->words[j] != NULL; j++) {
            const char *word = list.rows[i]->words[j];
            size_t length = strlen(word);

            if (length < strlen("FILE") || strcmp(word + length - strlen("FILE"), "FILE") != 0)
                continue;
            assert_no_file(list.rows[i], word);
            count++;
        }
    assert_true(count >= 5);
    assert_refused("\"kernel\":\"k\",\"options\":[\"--snapshot-at\",\"1,file=x\"]",
                   "guest a: its options are those of the machine: no files and no sockets of "
                   "the host");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(files_are_in_the_scenarios_folder, teardown),
        cmocka_unit_test_teardown(options_are_those_of_the_machine, teardown),
        cmocka_unit_test_teardown(no_option_names_a_file_of_the_host, teardown),
    };

    return cmocka_run_group_tests_name("experiment_guest", tests, NULL, NULL);
}
