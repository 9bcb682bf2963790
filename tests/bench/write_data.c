/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long it takes to write the data of a file, which is in memory, to a new file: all but its
 * holes, and without a wait for the disk. This is the least that a snapshot of such memory takes.
 *
 * usage: write_data FILE
 * prints: MILLISECONDS
 * status: 0; 2 cannot measure
 *
 * The new file is in the same folder, and has no name.
 */
#include <err.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATUS_ERROR 2

static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void write_all(int fd, const uint8_t *bytes, off_t begin, off_t end)
{
    while (begin < end) {
        ssize_t count = pwrite(fd, bytes + begin, (size_t)(end - begin), begin);

        if (count <= 0)
            err(STATUS_ERROR, "write");
        begin += count;
    }
}

static void write_data(int from_fd, int to_fd, const uint8_t *bytes, off_t size)
{
    for (off_t at = 0; at < size;) {
        off_t data = lseek(from_fd, at, SEEK_DATA);

        if (data < 0)
            return;
        at = lseek(from_fd, data, SEEK_HOLE);
        write_all(to_fd, bytes, data, at);
    }
}

int main(int argc, char **argv)
{
    char *path = argc == 2 ? strdup(argv[1]) : NULL;
    int from_fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct stat status;
    const uint8_t *bytes;
    double start_ms;
    int to_fd;

    if (from_fd < 0 || fstat(from_fd, &status) != 0)
        errx(STATUS_ERROR, "usage: write_data FILE");
    to_fd = open(dirname(path), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, from_fd, 0);
    if (to_fd < 0 || bytes == MAP_FAILED || ftruncate(to_fd, status.st_size) != 0)
        err(STATUS_ERROR, "%s", argv[1]);
    start_ms = now_ms();
    write_data(from_fd, to_fd, bytes, status.st_size);
    printf("%.3f\n", now_ms() - start_ms);
    free(path);
    return 0;
}
