/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of the options: what holds for each of them, and what is made of them. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/cmd/option_commands.h"
#include "vmm/cmd/options_help.h"

static void a_row_is_complete(void **unused)
{
    struct option_list list;

    (void)unused;
    for (enum options_command command = 0; command < COMMANDS; command++) {
        option_commands_list(command, &list);
        for (unsigned i = 0; i < list.count; i++) {
            const struct option_row *row = list.rows[i];

            assert_true((row->ends == OPTIONS_RUN) == (row->apply != NULL));
            assert_true((row->value == NULL) == (row->accepted == NULL));
            assert_true(row->value != NULL || row->words == NULL);
        }
    }
}

static void no_two_rows_of_a_command_have_the_same_name_letter_or_rank(void **unused)
{
    struct option_list list;

    (void)unused;
    for (enum options_command command = 0; command < COMMANDS; command++) {
        option_commands_list(command, &list);
        for (unsigned i = 0; i < list.count; i++)
            for (unsigned j = 0; j < i; j++) {
                const struct option_row *one = list.rows[i], *other = list.rows[j];

                assert_string_not_equal(one->name, other->name);
                assert_true(one->letter == 0 || one->letter != other->letter);
                assert_true(one->print_rank == 0 || one->print_rank != other->print_rank);
            }
    }
}

/* A word that is whole, without a part that the user has still to type. */
static bool is_whole(const char *word)
{
    size_t length = strlen(word);

    return strchr("=:", word[length - 1]) == NULL && strstr(word, "FILE") == NULL;
}

static void what_the_shell_offers_for_a_value_is_accepted(void **unused)
{
    struct option_list list;
    unsigned tried = 0;

    (void)unused;
    for (enum options_command command = 0; command < COMMANDS; command++) {
        option_commands_list(command, &list);
        for (unsigned i = 0; i < list.count; i++)
            for (const char *const *word = list.rows[i]->words; word != NULL && *word != NULL;
                 word++) {
                static struct options options;

                options = (struct options){.config = machine_config_default};
                if (!is_whole(*word))
                    continue;
                if (!list.rows[i]->apply(&options, *word))
                    fail_msg("--%s %s", list.rows[i]->name, *word);
                tried++;
            }
    }
    assert_in_range(tried, 30, 1000);
}

static const char *help_of(enum options_command command)
{
    static char bytes[OPTIONS_HELP_BYTES];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    options_help_add(command, &text);
    assert_false(text.cut);
    return bytes;
}

static void assert_help_names(enum options_command command, const struct option_list *list)
{
    char name[64];

    for (unsigned i = 0; i < list->count; i++) {
        snprintf(name, sizeof name, "--%s", list->rows[i]->name);
        assert_non_null(strstr(help_of(command), name));
    }
}

static void help_names_every_option_and_that_of_check_its_own(void **unused)
{
    struct option_list list;

    (void)unused;
    option_commands_list(COMMAND_RUN, &list);
    assert_help_names(COMMAND_RUN, &list);
    option_commands_list(COMMAND_DOCTOR, &list);
    assert_help_names(COMMAND_DOCTOR, &list);
    list.count = 0;
    option_list_add(&list, option_commands[COMMAND_CHECK].own);
    assert_help_names(COMMAND_CHECK, &list);
}

static void help_of_a_run_names_every_other_command(void **unused)
{
    char usage[OPTIONS_HELP_BYTES];
    char word[32];

    (void)unused;
    snprintf(usage, sizeof usage, "%s", option_commands[COMMAND_RUN].usage);
    for (unsigned i = COMMAND_RUN + 1; i < COMMANDS; i++) {
        snprintf(word, sizeof word, " %s ", option_commands[i].name);
        for (char *newline = strchr(usage, '\n'); newline != NULL; newline = strchr(newline, '\n'))
            *newline = ' ';
        if (strstr(usage, word) == NULL)
            fail_msg("%s", word);
    }
}

static void help_has_options_in_one_column_and_their_text_in_another(void **unused)
{
    (void)unused;
    assert_string_equal(help_of(COMMAND_DOCTOR),
                        "Usage: minivmm doctor [OPTIONS]\n"
                        "Say what this host can give a guest, and what to do about what it "
                        "cannot.\n"
                        "\n"
                        "      --format FORMAT    table (default) or json, on stdout\n"
                        "  -v, --verbose    -h, --help    -V, --version\n"
                        "\n"
                        "Exit status: 0 Linux can be booted here; 18 it cannot, and a line says "
                        "why;\n"
                        "2 user or host error.\n");
    assert_non_null(
        strstr(help_of(COMMAND_RUN), "\n      --kvmclock-follow CLOCK  raw (default), "));
    assert_non_null(
        strstr(help_of(COMMAND_RUN), "clock=vm|host,\n                         nvram="));
    assert_non_null(strstr(help_of(COMMAND_RUN), "\n      --lost-ticks WORDS pit=,"));
}

static void assert_help_fits_a_screen(enum options_command command)
{
    unsigned lines = 0, column = 0, widest = 0;

    for (const char *c = help_of(command); *c != '\0'; c++) {
        column = *c == '\n' ? 0 : column + 1;
        lines += *c == '\n';
        widest = column > widest ? column : widest;
    }
    assert_int_equal(column, 0);
    assert_in_range(lines, 1, 55);
    assert_in_range(widest, 1, 80);
}

static void help_fits_a_screen(void **unused)
{
    (void)unused;
    assert_help_fits_a_screen(COMMAND_RUN);
    assert_help_fits_a_screen(COMMAND_DOCTOR);
}

static void a_check_has_all_options_of_a_run(void **unused)
{
    struct option_list run, check;

    (void)unused;
    option_commands_list(COMMAND_RUN, &run);
    option_commands_list(COMMAND_CHECK, &check);
    for (unsigned i = 0; i < run.count; i++) {
        unsigned found = 0;

        for (unsigned j = 0; j < check.count; j++)
            found += strcmp(check.rows[j]->name, run.rows[i]->name) == 0;
        assert_int_equal(found, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_complete),
        cmocka_unit_test(no_two_rows_of_a_command_have_the_same_name_letter_or_rank),
        cmocka_unit_test(what_the_shell_offers_for_a_value_is_accepted),
        cmocka_unit_test(help_names_every_option_and_that_of_check_its_own),
        cmocka_unit_test(help_of_a_run_names_every_other_command),
        cmocka_unit_test(help_has_options_in_one_column_and_their_text_in_another),
        cmocka_unit_test(help_fits_a_screen),
        cmocka_unit_test(a_check_has_all_options_of_a_run),
    };

    return cmocka_run_group_tests_name("option_rows", tests, NULL, NULL);
}
