/* SPDX-License-Identifier: BSD-2-Clause */
/* The initramfs of run-test: the environment of the program. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/cmd/options.h"
#include "vmm/cmd/run_test_files.h"

#define LIMIT_BYTES (UINT64_C(64) << 20)
#define USUAL       "PATH=/bin\nHOME=/\nTERM=dumb\n"

/* The init in the guest; what it is does not matter here. */
__asm__(".pushsection .rodata\n"
        ".globl runner_start, runner_end\n"
        "runner_start: .byte 0\n"
        "runner_end:\n"
        ".popsection");

static struct options options;
static char *program[] = {"/bin/true", NULL};

static int setup(void **unused)
{
    (void)unused;
    setenv("PATH", "/bin", 1);
    unsetenv("TERM");
    unsetenv("LD_LIBRARY_PATH");
    unsetenv("NOT_SET");
    setenv("SET", "here", 1);
    options = (struct options){.config.memory_bytes = LIMIT_BYTES, .test.program = program};
    return 0;
}

static void give(const char *variable)
{
    options.test.variables[options.test.variable_count++] = variable;
}

/* A line for each variable: what the file that says what is to be run ends with. */
static const char *environment(void)
{
    static char lines[4096];
    static struct taken taken;
    char path[PATH_MAX], command[256];
    size_t length;
    FILE *pipe;

    assert_int_equal(run_test_files_make(&taken, &options, path), 0);
    snprintf(command, sizeof command,
             "cpio -i --quiet --to-stdout .minivmm-run </proc/%d/fd/%d | tr '\\0' '\\n' | sed 1,5d",
             (int)getpid(), taken.archive.fd);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    length = fread(lines, 1, sizeof lines - 1, pipe);
    lines[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    taken_close(&taken);
    return lines;
}

static void some_variables_are_there_always(void **unused)
{
    (void)unused;
    assert_string_equal(environment(), USUAL);
    setenv("LD_LIBRARY_PATH", "/lib", 1);
    setenv("TERM", "vt100", 1);
    assert_string_equal(environment(), "PATH=/bin\nHOME=/\nTERM=vt100\nLD_LIBRARY_PATH=/lib\n");
}

static void a_variable_has_its_value_or_that_of_here(void **unused)
{
    (void)unused;
    give("A=1=2");
    give("EMPTY=");
    give("SET");
    give("NOT_SET");
    assert_string_equal(environment(), "A=1=2\nEMPTY=\nSET=here\n" USUAL);
}

static void one_that_is_given_is_there_once(void **unused)
{
    (void)unused;
    give("HOME=/root");
    give("PATH=");
    give("TERM");
    give("HOMES=/homes");
    assert_string_equal(environment(), "HOME=/root\nPATH=\nHOMES=/homes\nTERM=dumb\n");
}

static void the_last_of_one_name_counts(void **unused)
{
    (void)unused;
    give("A=1");
    give("SET=there");
    give("A=2");
    give("SET");
    give("A=3");
    assert_string_equal(environment(), "SET=here\nA=3\n" USUAL);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(some_variables_are_there_always),
        TEST(a_variable_has_its_value_or_that_of_here),
        TEST(one_that_is_given_is_there_once),
        TEST(the_last_of_one_name_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
