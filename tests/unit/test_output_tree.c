/* SPDX-License-Identifier: BSD-2-Clause */
/* Files that a guest sends: what becomes of them below a folder, and what is left alone. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/said.h"
#include "vmm/host/output_tree.h"

#define LIMIT_BYTES 100000
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static char base[] = "/tmp/minivmm-output-XXXXXX";
static char path[64];
static struct output_tree tree;

static const char *shell(const char *command)
{
    static char output[4096];
    char line[1024];
    size_t length;
    FILE *pipe;

    snprintf(line, sizeof line, "cd %s; %s", base, command);
    pipe = popen(line, "r");
    assert_non_null(pipe);
    length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return output;
}

static int make_base(void **unused)
{
    (void)unused;
    umask(022);
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/out", base);
    return 0;
}

static int remove_base(void **unused)
{
    (void)unused;
    shell("cd / && rm -rf "
          "\"$OLDPWD\"");
    return 0;
}

static int setup(void **unused)
{
    (void)unused;
    said_begin();
    return output_tree_open(&tree, path, LIMIT_BYTES);
}

static int teardown(void **unused)
{
    (void)unused;
    shell("rm -rf out");
    said_end();
    return 0;
}

static void files_and_folders_come_with_bytes_and_permissions(void **unused)
{
    (void)unused;
    output_tree_add_folder(&tree, "a", 0500);
    output_tree_add_file(&tree, "a/run", 0755);
    output_tree_write(&tree, BYTES("12"));
    output_tree_write(&tree, BYTES("34"));
    output_tree_add_file(&tree, "empty", 0600);
    assert_true(output_tree_close(&tree));
    assert_string_equal(shell("stat -c '%n %A %s' out/a out/a/run out/empty | "
                              "sed 's/\\(d[rwx-]*\\).*/\\1/'; cat out/a/run"),
                        "out/a drwx------\nout/a/run -rwxr-xr-x 4\nout/empty -rw------- 0\n1234");
    assert_string_equal(said(), "");
}

static void what_is_there_already_is_not_replaced(void **unused)
{
    char line[256];

    (void)unused;
    output_tree_add_file(&tree, "a", 0644);
    output_tree_write(&tree, BYTES("first"));
    output_tree_add_file(&tree, "a", 0644);
    output_tree_write(&tree, BYTES("second"));
    assert_false(output_tree_close(&tree));
    assert_string_equal(shell("cat out/a"), "first");
    snprintf(line, sizeof line,
             "minivmm: --output %s: a: File exists; it is not brought back whole\n", path);
    assert_string_equal(said(), line);
}

static void no_symbolic_link_is_followed(void **unused)
{
    (void)unused;
    shell("mkdir elsewhere; ln -s ../elsewhere out/link; ln -s ../elsewhere/file out/file");
    output_tree_add_file(&tree, "link/file", 0644);
    output_tree_write(&tree, BYTES("x"));
    output_tree_add_folder(&tree, "link/folder", 0755);
    output_tree_add_file(&tree, "file", 0644);
    output_tree_write(&tree, BYTES("x"));
    assert_false(output_tree_close(&tree));
    assert_string_equal(shell("ls elsewhere"), "");
}

static void the_limit_counts_bytes_and_entries(void **unused)
{
    static uint8_t zeros[LIMIT_BYTES];

    (void)unused;
    output_tree_add_file(&tree, "a", 0644);
    output_tree_write(&tree, zeros, LIMIT_BYTES - OUTPUT_TREE_ENTRY_BYTES);
    assert_string_equal(said(), "");
    output_tree_write(&tree, zeros, 1);
    output_tree_add_folder(&tree, "b", 0755);
    assert_false(output_tree_close(&tree));
    assert_string_equal(shell("ls out; stat -c %s out/a"), "a\n95904\n");
    assert_non_null(strstr(said(), "--output-limit is reached"));
}

static void one_line_says_that_something_is_missing(void **unused)
{
    const char *lines;

    (void)unused;
    output_tree_add_file(&tree, "gone/a", 0644);
    output_tree_add_file(&tree, "gone/b", 0644);
    output_tree_add_folder(&tree, "gone/c", 0755);
    assert_false(output_tree_close(&tree));
    lines = said();
    assert_ptr_equal(strchr(lines, '\n'), lines + strlen(lines) - 1);
}

static void a_folder_with_something_in_it_is_refused(void **unused)
{
    struct output_tree other;

    (void)unused;
    output_tree_add_file(&tree, "a", 0644);
    output_tree_close(&tree);
    assert_int_equal(output_tree_open(&other, path, LIMIT_BYTES), -ENOTEMPTY);
    assert_non_null(strstr(said(), "there is something in it, which is not replaced"));
    shell("rm out/a");
    assert_int_equal(output_tree_open(&other, path, LIMIT_BYTES), 0);
    output_tree_close(&other);
    assert_int_equal(output_tree_open(&other, "/dev/null", LIMIT_BYTES), -ENOTDIR);
    assert_int_equal(output_tree_open(&other, "/gone/out", LIMIT_BYTES), -ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(files_and_folders_come_with_bytes_and_permissions),
        TEST(what_is_there_already_is_not_replaced),
        TEST(no_symbolic_link_is_followed),
        TEST(the_limit_counts_bytes_and_entries),
        TEST(one_line_says_that_something_is_missing),
        TEST(a_folder_with_something_in_it_is_refused),
    };

    return cmocka_run_group_tests(tests, make_base, remove_base);
}
