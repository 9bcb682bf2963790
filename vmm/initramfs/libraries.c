/* SPDX-License-Identifier: BSD-2-Clause */
/* See libraries.h. */
#include "vmm/initramfs/libraries.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "vmm/host/file.h"

#define LAST_FOLDERS                                                                               \
    "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu:/lib64:/usr/lib64:/lib:/usr/lib"
#define CONF_MAX_BYTES  65536
#define INCLUDE_LEVELS  4
#define CONF_WHITESPACE " \t\r"
/* What $LIB stands for on Debian. */
#define LIB_FOLDER "lib/x86_64-linux-gnu"

static void add_folder(struct text *folders, const char *folder)
{
    text_add(folders, "%s%s", folders->length_bytes > 0 ? ":" : "", folder);
}

static void read_conf(struct text *folders, const char *path, unsigned levels);

static void include(struct text *folders, const char *pattern, unsigned levels)
{
    glob_t found;

    if (levels == 0)
        return;
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            read_conf(folders, found.gl_pathv[i], levels - 1);
    globfree(&found);
}

static void take_line(struct text *folders, char *line, unsigned levels)
{
    line[strcspn(line, "#")] = '\0';
    line += strspn(line, CONF_WHITESPACE);
    for (size_t end = strlen(line); end > 0 && strchr(CONF_WHITESPACE, line[end - 1]) != NULL;)
        line[--end] = '\0';
    if (strncmp(line, "include", strlen("include")) == 0 &&
        strchr(CONF_WHITESPACE, line[strlen("include")]) != NULL)
        include(folders,
                line + strlen("include") + strspn(line + strlen("include"), CONF_WHITESPACE),
                levels);
    else if (line[0] == '/')
        add_folder(folders, line);
}

static void read_conf(struct text *folders, const char *path, unsigned levels)
{
    uint64_t size_bytes;
    const char *error;
    int fd = file_open(path, 0, &size_bytes, &error);
    char *bytes = fd >= 0 && size_bytes < CONF_MAX_BYTES ? calloc(1, size_bytes + 1) : NULL;

    if (bytes != NULL && read(fd, bytes, size_bytes) == (ssize_t)size_bytes) {
        char *rest = bytes;

        for (char *line; (line = strsep(&rest, "\n")) != NULL;)
            take_line(folders, line, levels);
    }
    free(bytes);
    if (fd >= 0)
        close(fd);
}

void libraries_read(struct libraries *libraries, const char *preferred, const char *conf_path)
{
    struct text folders;

    libraries->preferred = preferred;
    text_init(&folders, libraries->usual, sizeof libraries->usual);
    read_conf(&folders, conf_path, INCLUDE_LEVELS);
    add_folder(&folders, LAST_FOLDERS);
}

bool libraries_read_needs(const char *path, struct elf_needs *needs)
{
    struct boot_source source = {.name = path};
    const char *error;
    bool good;

    source.fd = file_open(path, 0, &source.size_bytes, &error);
    if (source.fd < 0)
        return false;
    good = elf_needs_read(&source, needs);
    close(source.fd);
    return good;
}

static bool fits(const struct library_user *user, const char *path)
{
    struct elf_needs needs;
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) &&
           libraries_read_needs(path, &needs) && needs.elf_class == user->needs->elf_class &&
           needs.machine == user->needs->machine;
}

/* Adds the value of a word that *at begins with, behind "$" or "${"; moves *at behind it. */
static bool add_word(struct text *text, const char **at, const struct library_user *user)
{
    static const char *const words[] = {"ORIGIN", "LIB"};
    const char *word = *at + 1 + ((*at)[1] == '{');
    const char *slash = strrchr(user->path, '/');

    for (unsigned i = 0; i < 2; i++) {
        size_t length = strlen(words[i]);

        if (strncmp(word, words[i], length) != 0)
            continue;
        if (i == 0)
            text_add(text, "%.*s", slash != NULL ? (int)(slash - user->path) : 0, user->path);
        else
            text_add(text, LIB_FOLDER);
        *at = word + length + ((*at)[1] == '{' && word[length] == '}');
        return true;
    }
    return false;
}

static void add_expanded(struct text *text, const char *folder, size_t length,
                         const struct library_user *user)
{
    const char *end = folder + length;

    while (folder < end)
        if (*folder != '$' || !add_word(text, &folder, user))
            text_add(text, "%c", *folder++);
}

/* In folders with colons or semicolons between them. */
static bool find_in(const char *folders, const struct library_user *user, const char *name,
                    char path[PATH_MAX])
{
    while (*folders != '\0') {
        size_t length = strcspn(folders, ":;");
        struct text text;

        text_init(&text, path, PATH_MAX);
        add_expanded(&text, folders, length, user);
        text_add(&text, "/%s", name);
        if (!text.cut && path[0] == '/' && length > 0 && fits(user, path))
            return true;
        folders += length;
        folders += *folders != '\0';
    }
    return false;
}

bool libraries_find(const struct libraries *libraries, const struct library_user *user,
                    const char *name, char path[PATH_MAX])
{
    const struct elf_needs *needs = user->needs;

    if (strchr(name, '/') != NULL)
        return snprintf(path, PATH_MAX, "%s", name) < PATH_MAX && fits(user, path);
    if (needs->runpath[0] == '\0' &&
        (find_in(needs->rpath, user, name, path) ||
         (user->program != NULL &&
          find_in(user->program->needs->rpath, user->program, name, path))))
        return true;
    return find_in(libraries->preferred, user, name, path) ||
           find_in(needs->runpath, user, name, path) || find_in(libraries->usual, user, name, path);
}
