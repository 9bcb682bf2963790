/* SPDX-License-Identifier: BSD-2-Clause */
/* See spec.h. */
#include "guest-images/runner/spec.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/run_stream.h"

/* The whole file; it stays in memory. */
static char *read_file(const char *path, size_t *size)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &status) != 0 || (bytes = malloc((size_t)status.st_size + 1)) == NULL ||
        read(fd, bytes, (size_t)status.st_size) != status.st_size)
        bytes = NULL;
    close(fd);
    *size = (size_t)status.st_size;
    return bytes;
}

static size_t count_texts(const char *bytes, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += bytes[i] == '\0';
    return count;
}

/* Pointers to the texts, with a NULL before those of the environment and one behind them. */
static char **split(char *bytes, size_t count)
{
    char **texts = calloc(count + 2, sizeof *texts);

    for (size_t i = 0; texts != NULL && i < count; i++) {
        texts[i] = bytes;
        bytes += strlen(bytes) + 1;
    }
    return texts;
}

bool spec_read(struct spec *spec)
{
    enum { FOLDER, PROGRAM, OUTPUT, ARGUMENT_COUNT, FIRST_ARGUMENT };
    size_t size, count, arguments;
    char *bytes = read_file(RUN_SPEC_PATH, &size);
    char **texts;

    if (bytes == NULL || size == 0 || bytes[size - 1] != '\0')
        return false;
    unlink(RUN_SPEC_PATH);
    count = count_texts(bytes, size);
    texts = split(bytes, count);
    if (texts == NULL || count < FIRST_ARGUMENT)
        return false;
    arguments = strtoul(texts[ARGUMENT_COUNT], NULL, 10);
    if (arguments == 0 || arguments > count - FIRST_ARGUMENT)
        return false;
    *spec =
        (struct spec){texts[FOLDER], texts[PROGRAM], strcmp(texts[OUTPUT], RUN_SPEC_OUTPUT) == 0,
                      texts + FIRST_ARGUMENT, texts + FIRST_ARGUMENT + arguments + 1};
    memmove(spec->environment, spec->environment - 1,
            (count - FIRST_ARGUMENT - arguments) * sizeof *texts);
    spec->environment[-1] = NULL;
    return true;
}
