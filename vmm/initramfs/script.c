/* SPDX-License-Identifier: BSD-2-Clause */
/* See script.h. */
#include "vmm/initramfs/script.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/file.h"

/* As much as Linux looks at (BINPRM_BUF_SIZE). */
#define LINE_BYTES 256
#define BLANKS     " \t"

static bool is_program(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

bool script_find_program(const char *name, const char *folders, char path[PATH_MAX])
{
    if (name[0] == '\0')
        return false;
    if (strchr(name, '/') != NULL)
        return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX && is_program(path);
    for (const char *folder = folders; folder != NULL;) {
        size_t length = strcspn(folder, ":");

        if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, folder, length > 0 ? "/" : "./",
                     name) < PATH_MAX &&
            is_program(path))
            return true;
        folder = folder[length] == ':' ? folder + length + 1 : NULL;
    }
    return false;
}

static bool read_line(const char *path, char line[LINE_BYTES + 1])
{
    uint64_t size_bytes;
    const char *error;
    int fd = file_open(path, 0, &size_bytes, &error);
    ssize_t count;

    if (fd < 0)
        return false;
    count = read(fd, line, LINE_BYTES);
    close(fd);
    line[count > 0 ? count : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return strncmp(line, "#!", 2) == 0;
}

/* The next word of the line, or NULL. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, BLANKS);
    size_t length = strcspn(word, BLANKS);

    *rest = word + length + (word[length] != '\0');
    word[length] = '\0';
    return length > 0 ? word : NULL;
}

/* Behind options of env and the variables that it sets. */
static const char *env_program(char *rest)
{
    const char *word = next_word(&rest);

    while (word != NULL && (word[0] == '-' || strchr(word, '=') != NULL))
        word = next_word(&rest);
    return word;
}

bool script_read(const char *path, struct script *script)
{
    char line[LINE_BYTES + 1];
    char *rest = line + 2;
    const char *interpreter, *name, *folders = getenv("PATH");

    if (!read_line(path, line))
        return false;
    interpreter = next_word(&rest);
    if (interpreter == NULL)
        return false;
    snprintf(script->interpreter, sizeof script->interpreter, "%s", interpreter);
    script->program[0] = '\0';
    name = strrchr(interpreter, '/');
    if (name != NULL && strcmp(name, "/env") == 0 && (name = env_program(rest)) != NULL &&
        !script_find_program(name, folders != NULL ? folders : "", script->program))
        script->program[0] = '\0';
    return true;
}
