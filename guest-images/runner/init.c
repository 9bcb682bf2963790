/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The init of `minivmm run-test`: first process of a guest that has this program, the program to
 * run and what that needs as its initramfs. It mounts what the kernel offers, runs the program,
 * sends its output and its end on the second serial port (base/run_stream.h), and waits: the host
 * ends the machine.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-images/probe/guest.h"
#include "guest-images/runner/channel.h"
#include "guest-images/runner/collect.h"
#include "guest-images/runner/program.h"
#include "guest-images/runner/spec.h"

/* What a kernel has not got is left out. */
static void mount_more(void)
{
    static const struct {
        const char *type;
        const char *where;
    } mounts[] = {
        {"devpts", "/dev/pts"},           {"tmpfs", "/dev/shm"},
        {"debugfs", "/sys/kernel/debug"}, {"tracefs", "/sys/kernel/tracing"},
        {"cgroup2", "/sys/fs/cgroup"},
    };

    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++) {
        mkdir(mounts[i].where, 0755);
        mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, NULL);
    }
    symlink("/proc/self/fd", "/dev/fd");
    symlink("fd/0", "/dev/stdin");
    symlink("fd/1", "/dev/stdout");
    symlink("fd/2", "/dev/stderr");
}

static void start_loopback(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    strcpy(request.ifr_name, "lo");
    if (fd < 0)
        return;
    ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
}

static int fail(const char *text)
{
    fprintf(stderr, "minivmm run-test: %s\n", text);
    return 1;
}

int main(void)
{
    struct channel channel;
    struct spec spec;
    struct run_end end;
    uint8_t payload[RUN_END_BYTES];

    if (getpid() != 1)
        return fail("this is the init of a guest");
    guest_open_console();
    guest_mount_kernel_files();
    mount_more();
    start_loopback();
    if (!channel_open(&channel))
        return fail("the kernel has no second serial port, /dev/ttyS1");
    channel_send(&channel, RUN_BEGUN, RUN_STREAM_VERSION, strlen(RUN_STREAM_VERSION));
    if (!spec_read(&spec))
        return fail("there is nothing to run in " RUN_SPEC_PATH);
    end = program_run(&spec, &channel);
    if (spec.output_wanted)
        collect_output(&channel);
    run_end_encode(&end, payload);
    channel_send(&channel, RUN_END, payload, sizeof payload);
    for (;;)
        pause();
}
