/* SPDX-License-Identifier: BSD-2-Clause */
/* See guest.h. */
#include "guest-images/probe/guest.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define SECOND_CHANNEL    "/dev/ttyS1"
#define WRITE_PATIENCE_MS 10000

void guest_write_all(int fd, const struct text *text)
{
    size_t done = 0;

    while (done < text->length_bytes) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
        ssize_t wrote = write(fd, text->bytes + done, text->length_bytes - done);

        if (wrote > 0)
            done += (size_t)wrote;
        else if (poll(&poll_fd, 1, WRITE_PATIENCE_MS) <= 0 || (poll_fd.revents & POLLOUT) == 0)
            return;
    }
}

void guest_read_line(int fd, char *line, size_t size_bytes)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    size_t length = 0;
    char byte = '\0';

    while (byte != '\n' && poll(&poll_fd, 1, -1) == 1 && read(fd, &byte, 1) == 1)
        if (byte != '\n' && length + 1 < size_bytes)
            line[length++] = byte;
    line[length] = '\0';
}

/* The kernel has opened its /dev/console for us if there was one before devtmpfs was mounted. */
void guest_open_console(void)
{
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
        int fd = open("/dev/console", O_RDWR | O_NOCTTY);

        if (fd >= 0 && fd != STDOUT_FILENO)
            dup2(fd, STDOUT_FILENO);
    }
}

void guest_mount_kernel_files(void)
{
    mkdir("/proc", 0755);
    mkdir("/sys", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sysfs", "/sys", "sysfs", 0, NULL);
}

int guest_open_second_channel(void)
{
    int fd = open(SECOND_CHANNEL, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct termios mode;
    int modem_bits;

    if (fd < 0)
        return -1;
    /* A port that the driver has a name for but has not found has no modem lines to tell of. */
    if (ioctl(fd, TIOCMGET, &modem_bits) == 0 && tcgetattr(fd, &mode) == 0) {
        cfmakeraw(&mode);
        mode.c_cflag |= CLOCAL;
        cfsetspeed(&mode, B115200);
        if (tcsetattr(fd, TCSANOW, &mode) == 0)
            return fd;
    }
    close(fd);
    return -1;
}
