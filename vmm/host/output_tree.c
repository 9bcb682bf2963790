/* SPDX-License-Identifier: BSD-2-Clause */
/* See output_tree.h. */
#include "vmm/host/output_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmm/host/file.h"
#include "vmm/host/log.h"

#define OWNER_MAY_USE 0700
#define FOLDER_FLAGS  (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static int check_empty(int folder_fd)
{
    int fd = fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
    DIR *entries = fd >= 0 ? fdopendir(fd) : NULL;
    unsigned count = 0;

    if (entries == NULL)
        return -errno;
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count > 2 ? -ENOTEMPTY : 0;
}

int output_tree_open(struct output_tree *tree, const char *path, uint64_t limit_bytes)
{
    int result;

    *tree = (struct output_tree){.path = path, .file_fd = -1, .left_bytes = limit_bytes};
    mkdir(path, 0777);
    tree->folder_fd = open(path, FOLDER_FLAGS & ~O_NOFOLLOW);
    result = tree->folder_fd < 0 ? -errno : check_empty(tree->folder_fd);
    if (result == 0)
        return 0;
    if (result == -ENOTEMPTY)
        log_error("--output %s: there is something in it, which is not replaced; give an empty "
                  "folder, or a name that is not there yet",
                  path);
    else
        log_error("--output %s: %s", path, strerror(-result));
    if (tree->folder_fd >= 0)
        close(tree->folder_fd);
    return result;
}

void output_tree_leave_out(struct output_tree *tree, const char *name, const char *why)
{
    if (!tree->incomplete)
        log_error("--output %s: %s: %s; it is not brought back whole", tree->path, name, why);
    tree->incomplete = true;
}

static void end_file(struct output_tree *tree)
{
    if (tree->file_fd >= 0 && close(tree->file_fd) != 0)
        output_tree_leave_out(tree, "a file", strerror(errno));
    tree->file_fd = -1;
}

/* The folder that an entry is in, to be closed; *last is the end of the name. -1 with errno. */
static int open_parent(const struct output_tree *tree, const char *name, const char **last)
{
    int fd = fcntl(tree->folder_fd, F_DUPFD_CLOEXEC, 0);

    while (fd >= 0 && strchr(name, '/') != NULL) {
        char part[NAME_MAX + 1] = "";
        size_t length = strcspn(name, "/");
        int below;

        if (length > NAME_MAX) {
            close(fd);
            errno = ENAMETOOLONG;
            return -1;
        }
        memcpy(part, name, length);
        below = openat(fd, part, FOLDER_FLAGS);
        close(fd);
        fd = below;
        name += length + 1;
    }
    *last = name;
    return fd;
}

static bool take_bytes(struct output_tree *tree, const char *name, uint64_t count)
{
    if (count > tree->left_bytes) {
        output_tree_leave_out(tree, name, "--output-limit is reached");
        tree->left_bytes = 0;
        return false;
    }
    tree->left_bytes -= count;
    return true;
}

void output_tree_add_folder(struct output_tree *tree, const char *name, unsigned permissions)
{
    const char *last;
    int fd;

    end_file(tree);
    if (!take_bytes(tree, name, OUTPUT_TREE_ENTRY_BYTES))
        return;
    fd = open_parent(tree, name, &last);
    if (fd < 0 || mkdirat(fd, last, permissions | OWNER_MAY_USE) != 0)
        output_tree_leave_out(tree, name, strerror(errno));
    if (fd >= 0)
        close(fd);
}

void output_tree_add_file(struct output_tree *tree, const char *name, unsigned permissions)
{
    const char *last;
    int fd;

    end_file(tree);
    if (!take_bytes(tree, name, OUTPUT_TREE_ENTRY_BYTES))
        return;
    fd = open_parent(tree, name, &last);
    if (fd >= 0)
        tree->file_fd =
            openat(fd, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, permissions);
    if (tree->file_fd < 0)
        output_tree_leave_out(tree, name, strerror(errno));
    if (fd >= 0)
        close(fd);
}

void output_tree_write(struct output_tree *tree, const uint8_t *bytes, size_t count)
{
    size_t done_bytes;
    int result;

    if (tree->file_fd < 0)
        return;
    if (!take_bytes(tree, "a file", count)) {
        end_file(tree);
        return;
    }
    result = file_write_all(tree->file_fd, bytes, count, &done_bytes);
    if (result < 0) {
        output_tree_leave_out(tree, "a file", strerror(-result));
        end_file(tree);
    }
}

bool output_tree_close(struct output_tree *tree)
{
    end_file(tree);
    if (tree->folder_fd >= 0)
        close(tree->folder_fd);
    tree->folder_fd = -1;
    return !tree->incomplete;
}
