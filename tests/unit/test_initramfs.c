/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is taken along into a guest: archives as cpio(1) reads them, the libraries of programs, and
 * paths as they are here.
 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/cpio.h"
#include "tests/unit/said.h"
#include "vmm/initramfs/mirror.h"
#include "vmm/initramfs/script.h"
#include "vmm/initramfs/taken.h"

#define LIMIT_BYTES (UINT64_C(64) << 20)

static struct taken taken;
static char folder[] = "/tmp/minivmm-initramfs-XXXXXX";

/* Runs a command of the shell, with F for the folder of the test and A for the archive. */
static const char *shell(const char *command)
{
    static char output[65536];
    char line[1024];
    size_t length;
    FILE *pipe;

    snprintf(line, sizeof line, "F=%s; A=/proc/%d/fd/%d; cd $F; %s", folder, (int)getpid(),
             taken.archive.fd, command);
    pipe = popen(line, "r");
    assert_non_null(pipe);
    length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return output;
}

/* A program that needs a library that needs another, each found by other means. */
static const char make_program[] =
    "mkdir one two && echo 'int two(void) { return 2; }' >two.c && "
    "echo 'int two(void); int one(void) { return two(); }' >one.c && "
    "echo 'int one(void); int main(void) { return one(); }' >program.c && "
    "gcc -shared -fPIC -o two/libtwo.so two.c && "
    "gcc -shared -fPIC -o one/libone.so one.c -Ltwo -ltwo -Wl,-rpath,'$ORIGIN/../two' && "
    "gcc -o program program.c -Lone -lone -Wl,-rpath-link,two -Wl,-rpath,'${ORIGIN}/one' && "
    "gcc -o lost program.c -Lone -lone -Wl,-rpath-link,two && "
    "gcc -o foreign program.c -Lone -lone -Wl,-rpath-link,two -Wl,-rpath,'${ORIGIN}/one' "
    "-Wl,--dynamic-linker=/nowhere/ld.so";

static int make_folder(void **unused)
{
    (void)unused;
    assert_non_null(mkdtemp(folder));
    shell(make_program);
    shell("printf '#!/bin/sh -e\\n' >script && chmod +x script && ln -s script link && "
          "mkdir -p tree/below && echo file >tree/below/file && chmod 640 tree/below/file && "
          "ln -s below/file tree/link && printf '#!/usr/bin/env -S A=b cat\\n' >by_env && "
          "echo text >text");
    return 0;
}

static int remove_folder(void **unused)
{
    (void)unused;
    shell("cd / && rm -rf $F");
    return 0;
}

static int setup(void **unused)
{
    (void)unused;
    said_begin();
    return taken_open(&taken, LIMIT_BYTES, "");
}

static int teardown(void **unused)
{
    (void)unused;
    taken_close(&taken);
    said_end();
    return 0;
}

static bool has(const char *format, ...)
{
    char path[PATH_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    return archive_has(&taken.archive, path);
}

/* Adds what is at this place in the test's folder. */
static int add_program(const char *name)
{
    char path[PATH_MAX], absolute[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return taken_add_program(&taken, path, "", absolute);
}

static int add_copy(const char *name)
{
    char value[PATH_MAX];

    snprintf(value, sizeof value, "%s/%s", folder, name);
    return taken_add_copy(&taken, value);
}

static void an_archive_is_what_cpio_reads(void **unused)
{
    struct archive *archive = &taken.archive;

    (void)unused;
    assert_int_equal(archive_add_folders(archive, "/a/b", true), 0);
    assert_int_equal(archive_add_bytes(archive, "/a/b/file", 0751, "12345", 5), 0);
    assert_int_equal(archive_add_link(archive, "/a/link", "b/file"), 0);
    assert_int_equal(archive_add_console(archive, "/console"), 0);
    assert_int_equal(archive_end(archive), 0);
    assert_string_equal(shell("cpio -tv --quiet <$A | sed 's/Jan.*1970//; s/  */ /g'"),
                        "drwxr-xr-x 1 root root 0 a\n"
                        "drwxr-xr-x 1 root root 0 a/b\n"
                        "-rwxr-x--x 1 root root 5 a/b/file\n"
                        "lrwxrwxrwx 1 root root 6 a/link -> b/file\n"
                        "crw------- 1 root root 5, 1 console\n");
    assert_string_equal(shell("cpio -i --quiet --to-stdout a/b/file <$A"), "12345");
}

static void another_archive_comes_first_and_ends_at_a_multiple_of_four(void **unused)
{
    char path[PATH_MAX];

    (void)unused;
    snprintf(path, sizeof path, "%s/text", folder);
    assert_int_equal(archive_add_archive(&taken.archive, path), 0);
    assert_int_equal(taken.archive.size_bytes, 8);
    assert_int_equal(archive_add_folder(&taken.archive, "/a", 0755), 0);
    assert_string_equal(shell("head -c 14 <$A | tr '\\0' 0"), "text\n000070701");
}

static void a_name_that_is_there_is_not_added_again(void **unused)
{
    uint64_t size_bytes;

    (void)unused;
    assert_int_equal(archive_add_bytes(&taken.archive, "/a", 0644, "1", 1), 0);
    size_bytes = taken.archive.size_bytes;
    assert_int_equal(archive_add_bytes(&taken.archive, "/a", 0644, "22", 2), 0);
    assert_int_equal(taken.archive.size_bytes, size_bytes);
}

static void an_archive_does_not_grow_beyond_its_limit(void **unused)
{
    (void)unused;
    taken.archive.limit_bytes = 100;
    assert_int_equal(archive_add_folder(&taken.archive, "/a", 0755), -EFBIG);
    assert_string_equal(said(), "minivmm: what is taken along does not fit in the guest's memory "
                                "of 0 MiB; take less, or use a larger --memory\n");
}

static void names_and_files_that_an_archive_cannot_hold_are_refused(void **unused)
{
    static char name[CPIO_NAME_MAX_BYTES + 2];
    uint8_t head[CPIO_HEAD_MAX_BYTES];
    struct cpio_entry entry = {.name = name};

    (void)unused;
    assert_int_equal(cpio_put_head(&entry, head), 0);
    memset(name, 'n', CPIO_NAME_MAX_BYTES);
    assert_int_equal(cpio_put_head(&entry, head), CPIO_HEAD_MAX_BYTES - 1);
    name[CPIO_NAME_MAX_BYTES] = 'n';
    assert_int_equal(cpio_put_head(&entry, head), 0);
    entry.name = "n";
    entry.size_bytes = UINT64_C(1) << 32;
    assert_int_equal(cpio_put_head(&entry, head), 0);
}

static void a_program_brings_its_loader_and_its_libraries_at_their_paths(void **unused)
{
    (void)unused;
    assert_int_equal(add_program("program"), 0);
    assert_true(has("%s/program", folder));
    assert_true(has("%s/one/libone.so", folder));
    assert_true(has("%s/two/libtwo.so", folder));
    assert_true(has("/lib64") || has("/lib64/ld-linux-x86-64.so.2"));
    assert_string_equal(said(), "");
    assert_int_equal(archive_end(&taken.archive), 0);
    /* What the loader here finds is in the archive as well. */
    shell("mkdir root && cd root && cpio -id --quiet <$A && ldd $F/program | grep -o '/[^ ]*' | "
          "while read -r path; do test -e \"$F/root$path\" || exit 1; done");
    shell("rm -rf root");
}

static void a_library_that_is_not_found_is_named(void **unused)
{
    char line[2 * PATH_MAX];

    (void)unused;
    assert_int_equal(add_program("lost"), -ENOENT);
    snprintf(line, sizeof line,
             "minivmm: %s/lost needs the library libone.so, which is not found; set "
             "LD_LIBRARY_PATH to its folder\n",
             folder);
    assert_string_equal(said(), line);
}

static void ld_library_path_is_looked_into(void **unused)
{
    char folders[2 * PATH_MAX];

    (void)unused;
    snprintf(folders, sizeof folders, "/nowhere:%s/one", folder);
    taken.libraries.preferred = folders;
    assert_int_equal(add_program("lost"), 0);
    assert_true(has("%s/one/libone.so", folder));
}

static void a_library_for_another_machine_is_passed_over(void **unused)
{
    struct elf_needs needs = {.elf_class = 2, .machine = 183};
    const struct library_user user = {"/program", &needs, NULL};
    char path[PATH_MAX];

    (void)unused;
    assert_false(libraries_find(&taken.libraries, &user, "libc.so.6", path));
    needs.machine = 62;
    assert_true(libraries_find(&taken.libraries, &user, "libc.so.6", path));
}

static void folders_of_ld_so_conf_are_those_that_it_includes_too(void **unused)
{
    static struct libraries libraries;
    char path[PATH_MAX];

    (void)unused;
    shell("mkdir conf && printf '# none\\n/first \\ninclude %s/conf/*.conf\\ninclude conf\\n/last' "
          "$F >conf/conf &&"
          "printf '\\t/in/b # b\\n' >conf/b.conf && echo /in/a >conf/a.conf");
    snprintf(path, sizeof path, "%s/conf/conf", folder);
    libraries_read(&libraries, "", path);
    assert_string_equal(libraries.usual,
                        "/first:/in/a:/in/b:/last:/lib/x86_64-linux-gnu:"
                        "/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib");
}

static void a_script_brings_its_interpreter_and_links_stay_links(void **unused)
{
    (void)unused;
    assert_int_equal(add_program("link"), 0);
    assert_true(has("%s/link", folder));
    assert_true(has("%s/script", folder));
    assert_int_equal(archive_end(&taken.archive), 0);
    shell("mkdir root && cd root && cpio -id --quiet <$A && test -L ./$F/link && "
          "test -x ./$(readlink -f /bin/sh)");
    shell("rm -rf root");
}

static void env_brings_what_it_starts(void **unused)
{
    struct script script;
    char path[PATH_MAX];

    (void)unused;
    snprintf(path, sizeof path, "%s/by_env", folder);
    assert_true(script_read(path, &script));
    assert_string_equal(script.interpreter, "/usr/bin/env");
    assert_non_null(strstr(script.program, "/cat"));
    snprintf(path, sizeof path, "%s/text", folder);
    assert_false(script_read(path, &script));
}

static void a_program_is_found_in_path_and_has_to_be_one(void **unused)
{
    char path[PATH_MAX], absolute[PATH_MAX], folders[2 * PATH_MAX];

    (void)unused;
    snprintf(folders, sizeof folders, "/nowhere:%s", folder);
    assert_true(script_find_program("script", folders, path));
    assert_false(script_find_program("text", folders, path));
    assert_false(script_find_program("tree", folders, path));
    assert_int_equal(taken_add_program(&taken, "text", folders, absolute), -ENOENT);
    assert_string_equal(said(), "minivmm: text: there is no such program in PATH\n");
}

static void a_folder_is_copied_with_all_that_is_in_it(void **unused)
{
    (void)unused;
    assert_int_equal(add_copy("tree:/else/where"), 0);
    assert_int_equal(archive_end(&taken.archive), 0);
    assert_string_equal(shell("cpio -tv --quiet <$A | sed 's/Jan.*1970//; s/  */ /g' | sort -k 6"),
                        "drwxr-xr-x 1 root root 0 else\n"
                        "drwxr-xr-x 1 root root 0 else/where\n"
                        "drwxr-xr-x 1 root root 0 else/where/below\n"
                        "-rw-r----- 1 root root 5 else/where/below/file\n"
                        "lrwxrwxrwx 1 root root 10 else/where/link -> below/file\n");
}

static void a_copy_has_the_path_that_it_has_here_or_the_one_asked_for(void **unused)
{
    (void)unused;
    assert_int_equal(add_copy("text"), 0);
    assert_true(has("%s/text", folder));
    assert_int_equal(add_copy("text:/into/"), 0);
    assert_true(has("/into/text"));
    assert_int_equal(add_copy("text:/as/name"), 0);
    assert_true(has("/as/name"));
    assert_false(has("/as/name/text"));
}

static void a_program_that_is_copied_brings_its_libraries(void **unused)
{
    (void)unused;
    assert_int_equal(add_copy("program:/bin/program"), 0);
    assert_true(has("%s/one/libone.so", folder));
    assert_int_equal(add_copy("lost"), 0);
    assert_string_equal(said(), "");
}

static void only_a_program_that_is_run_has_to_have_its_loader(void **unused)
{
    (void)unused;
    assert_int_equal(add_copy("foreign"), 0);
    assert_string_equal(said(), "");
    assert_true(has("%s/one/libone.so", folder));
    taken_close(&taken);
    assert_int_equal(taken_open(&taken, LIMIT_BYTES, ""), 0);
    assert_int_equal(add_program("foreign"), -ENOENT);
    assert_string_equal(
        said(), "minivmm: /nowhere/ld.so: cannot be taken along: No such file or directory\n");
}

static void a_copy_that_is_not_there_is_named(void **unused)
{
    char line[2 * PATH_MAX];

    (void)unused;
    assert_int_equal(add_copy("gone:/a"), -ENOENT);
    snprintf(line, sizeof line, "minivmm: --copy %s/gone: No such file or directory\n", folder);
    assert_string_equal(said(), line);
}

static void a_path_may_lead_back_up_but_not_round(void **unused)
{
    char path[PATH_MAX], real[PATH_MAX], expected[PATH_MAX];

    (void)unused;
    shell("ln -s round round");
    snprintf(path, sizeof path, "%s/./tree/below/..//link", folder);
    assert_int_equal(mirror_path(&taken.archive, path, real), 0);
    snprintf(expected, sizeof expected, "%s/tree/below/file", folder);
    assert_string_equal(real, expected);
    snprintf(path, sizeof path, "%s/round", folder);
    assert_int_equal(mirror_path(&taken.archive, path, real), ELOOP);
    snprintf(path, sizeof path, "%s/text/below", folder);
    assert_int_equal(mirror_path(&taken.archive, path, real), ENOTDIR);
}

/* Every length of a program, and each of its first bytes changed: read or refused, nothing else. */
static void damaged_programs_are_read_or_refused(void **unused)
{
    char path[PATH_MAX];
    static uint8_t bytes[65536];
    struct elf_needs needs;
    size_t size;
    FILE *file;

    (void)unused;
    snprintf(path, sizeof path, "%s/program", folder);
    file = fopen(path, "r");
    assert_non_null(file);
    size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    for (size_t i = 0; i < size; i += 7)
        elf_needs_read(&(struct boot_source){"cut", -1, bytes, i}, &needs);
    for (size_t i = 0; i < 1024; i++) {
        bytes[i] ^= 0xff;
        elf_needs_read(&(struct boot_source){"changed", -1, bytes, size}, &needs);
        bytes[i] ^= 0xff;
    }
    assert_true(elf_needs_read(&(struct boot_source){"whole", -1, bytes, size}, &needs));
    assert_string_equal(needs.runpath, "${ORIGIN}/one");
    assert_string_equal(elf_needs_next(&needs, NULL), "libone.so");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_archive_is_what_cpio_reads),
        TEST(another_archive_comes_first_and_ends_at_a_multiple_of_four),
        TEST(a_name_that_is_there_is_not_added_again),
        TEST(an_archive_does_not_grow_beyond_its_limit),
        TEST(names_and_files_that_an_archive_cannot_hold_are_refused),
        TEST(a_program_brings_its_loader_and_its_libraries_at_their_paths),
        TEST(a_library_that_is_not_found_is_named),
        TEST(ld_library_path_is_looked_into),
        TEST(a_library_for_another_machine_is_passed_over),
        TEST(folders_of_ld_so_conf_are_those_that_it_includes_too),
        TEST(a_script_brings_its_interpreter_and_links_stay_links),
        TEST(env_brings_what_it_starts),
        TEST(a_program_is_found_in_path_and_has_to_be_one),
        TEST(a_folder_is_copied_with_all_that_is_in_it),
        TEST(a_copy_has_the_path_that_it_has_here_or_the_one_asked_for),
        TEST(a_program_that_is_copied_brings_its_libraries),
        TEST(only_a_program_that_is_run_has_to_have_its_loader),
        TEST(a_copy_that_is_not_there_is_named),
        TEST(a_path_may_lead_back_up_but_not_round),
        TEST(damaged_programs_are_read_or_refused),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
