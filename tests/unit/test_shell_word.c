/* SPDX-License-Identifier: BSD-2-Clause */
/* A text as a word of a shell, as text.h writes it: the shell gives the text back. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *word_of(const char *value)
{
    static char bytes[256];
    struct text text;

    text_init(&text, bytes, sizeof bytes);
    text_add_shell_word(&text, value);
    assert_false(text.cut);
    return bytes;
}

static void a_plain_word_stays_as_it_is_and_others_get_quotes(void **unused)
{
    (void)unused;
    assert_string_equal(word_of("/boot/bzImage-6.12_a@b%c+d=e:f,g"),
                        "/boot/bzImage-6.12_a@b%c+d=e:f,g");
    assert_string_equal(word_of(""), "''");
    assert_string_equal(word_of("a b"), "'a b'");
    assert_string_equal(word_of("~"), "'~'");
    assert_string_equal(word_of("it's"), "'it'\\''s'");
    assert_string_equal(word_of("'"), "''\\'''");
}

static void a_shell_gives_every_text_back(void **unused)
{
    static const char *const values[] = {
        "",    " ",       "a  b", "'",        "''",         "a'b'c",       "\"",       "\\",
        "\\'", "$HOME",   "`id`", "$(id)",    "*",          "?[a-z]",      "~",        "#",
        "a#b", "a;b&c|d", "<>()", "a\nb\n c", "\ttab\x01 ", "{a,b}!!^x^y", "\xc3\xa4", "%s%d",
    };
    char command[512], got[256];

    (void)unused;
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++) {
        size_t length;
        FILE *shell;

        snprintf(command, sizeof command, "printf '%%s|' %s x", word_of(values[i]));
        shell = popen(command, "r");
        assert_non_null(shell);
        length = fread(got, 1, sizeof got - 1, shell);
        got[length] = '\0';
        assert_int_equal(pclose(shell), 0);
        assert_in_range(length, 3, sizeof got);
        assert_string_equal(got + length - 3, "|x|");
        got[length - 3] = '\0';
        assert_string_equal(got, values[i]);
    }
}

static void what_does_not_fit_is_cut_off(void **unused)
{
    char bytes[4 + 1];
    struct text text;

    (void)unused;
    bytes[4] = '#';
    text_init(&text, bytes, 4);
    text_add_shell_word(&text, "a b c d");
    assert_true(text.cut);
    assert_string_equal(bytes, "'a ");
    assert_int_equal(bytes[4], '#');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_word_stays_as_it_is_and_others_get_quotes),
        cmocka_unit_test(a_shell_gives_every_text_back),
        cmocka_unit_test(what_does_not_fit_is_cut_off),
    };

    return cmocka_run_group_tests_name("shell_word", tests, NULL, NULL);
}
