/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_test_files.h. */
#include "vmm/cmd/run_test_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/run_stream.h"
#include "guest-images/initramfs.h"
#include "vmm/cmd/options.h"
#include "vmm/host/log.h"
#include "vmm/initramfs/mirror.h"

#define PROGRAM_MODE 0755
#define SPEC_MODE    0600
#define FOLDER_MODE  0755
#define TMP_MODE     01777
#define USUAL_PATH   "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *text_of(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);

    return value != NULL ? value : otherwise;
}

/* Where the init mounts things, and what it is. */
static int add_base(struct archive *archive)
{
    static const char *const folders[] = {"/dev", "/proc", "/sys", RUN_OUTPUT_FOLDER};
    size_t runner_bytes = (size_t)(runner_end - runner_start);
    int result = archive_add_folder(archive, "/tmp", TMP_MODE);

    for (size_t i = 0; result == 0 && i < sizeof folders / sizeof folders[0]; i++)
        result = archive_add_folder(archive, folders[i], FOLDER_MODE);
    if (result == 0)
        result = archive_add_console(archive, "/dev/console");
    return result == 0
               ? archive_add_bytes(archive, "/init", PROGRAM_MODE, runner_start, runner_bytes)
               : result;
}

/* A text and its NUL. */
static void put(FILE *spec, const char *text)
{
    fwrite(text, 1, strlen(text) + 1, spec);
}

/* The value of a variable that --env names, or NULL: it has none here. */
static const char *value_of(const char *variable)
{
    const char *equals = strchr(variable, '=');

    return equals != NULL ? equals + 1 : getenv(variable);
}

/* Whether an --env from the first one on gives a variable a value; it is named up to a '='. */
static bool is_given(const struct run_test_options *test, unsigned first, const char *variable)
{
    size_t length = strcspn(variable, "=");

    for (unsigned i = first; i < test->variable_count; i++)
        if (strcspn(test->variables[i], "=") == length &&
            memcmp(test->variables[i], variable, length) == 0 &&
            value_of(test->variables[i]) != NULL)
            return true;
    return false;
}

/* The variable is named up to a '='; nothing without a value, or if a later --env gives it one. */
static void put_variable(FILE *spec, const struct run_test_options *test, unsigned later,
                         const char *variable, const char *value)
{
    if (value == NULL || is_given(test, later, variable))
        return;
    fprintf(spec, "%.*s=%s", (int)strcspn(variable, "="), variable, value);
    fputc('\0', spec);
}

/* Each name once: of two variables with one name, getenv finds the first and a shell the last. */
static void put_environment(FILE *spec, const struct run_test_options *test)
{
    for (unsigned i = 0; i < test->variable_count; i++)
        put_variable(spec, test, i + 1, test->variables[i], value_of(test->variables[i]));
    put_variable(spec, test, 0, "PATH", text_of("PATH", USUAL_PATH));
    put_variable(spec, test, 0, "HOME", "/");
    put_variable(spec, test, 0, "TERM", text_of("TERM", "dumb"));
    put_variable(spec, test, 0, "LD_LIBRARY_PATH", getenv("LD_LIBRARY_PATH"));
}

static int add_spec(struct archive *archive, const struct run_test_options *test,
                    const char *folder, const char *path)
{
    unsigned count = 0;
    size_t size;
    char *bytes;
    FILE *spec = open_memstream(&bytes, &size);
    int result;

    if (spec == NULL) {
        log_error("out of memory");
        return -ENOMEM;
    }
    while (test->program[count] != NULL)
        count++;
    put(spec, folder);
    put(spec, path);
    put(spec, test->output_path != NULL ? RUN_SPEC_OUTPUT : "");
    fprintf(spec, "%u", count);
    fputc('\0', spec);
    for (unsigned i = 0; i < count; i++)
        put(spec, test->program[i]);
    put_environment(spec, test);
    if (fclose(spec) != 0)
        return -ENOMEM;
    result = archive_add_bytes(archive, RUN_SPEC_PATH, SPEC_MODE, bytes, size);
    free(bytes);
    return result;
}

static int add_folder(struct archive *archive, char folder[PATH_MAX])
{
    char real[PATH_MAX];
    int result;

    if (getcwd(folder, PATH_MAX) == NULL) {
        log_error("the current folder has no path: %s", strerror(errno));
        return -errno;
    }
    result = mirror_path(archive, folder, real);
    if (result > 0)
        log_error("%s: %s", folder, strerror(result));
    return result > 0 ? -result : result;
}

int run_test_files_make(struct taken *taken, const struct options *options, char path[PATH_MAX])
{
    const struct run_test_options *test = &options->test;
    struct archive *archive = &taken->archive;
    char folder[PATH_MAX];
    int result = taken_open(taken, options->config.memory_bytes, text_of("LD_LIBRARY_PATH", ""));

    for (unsigned i = 0; result == 0 && i < options->host.initrd_count; i++)
        result = archive_add_archive(archive, options->host.initrds[i]);
    if (result == 0)
        result = add_base(archive);
    if (result == 0)
        result = add_folder(archive, folder);
    if (result == 0)
        result = taken_add_program(taken, test->program[0], text_of("PATH", USUAL_PATH), path);
    for (unsigned i = 0; result == 0 && i < test->copy_count; i++)
        result = taken_add_copy(taken, test->copies[i]);
    if (result == 0)
        result = add_spec(archive, test, folder, path);
    return result == 0 ? archive_end(archive) : result;
}
