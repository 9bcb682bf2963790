/* SPDX-License-Identifier: BSD-2-Clause */
/* See sampler.h. */
#include "guest-images/probe/sampler.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sample_stream.h"
#include "base/time_math.h"
#include "guest-images/probe/clocks.h"
#include "guest-images/probe/guest.h"
#include "guest-images/probe/sysinfo.h"

/* Of what is sent at a time: a line, with its mark and newline. */
#define OUTPUT_BYTES (SAMPLE_LINE_BYTES + 2)
/* So often a second the clocksource is looked at and the log is read, or at each set. */
#define LOOK_HZ 8

static const clockid_t clocks[SAMPLE_CLOCKS] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME,
                                                CLOCK_MONOTONIC_RAW};

struct sampler {
    struct sample_stream stream;
    cpu_set_t cpus;
    unsigned cpu;
    char clocksource[NAME_BYTES];
    int log_fd;
    int channel_fd;
};

/* The next CPU that there is, in a circle. */
static void move_on(struct sampler *sampler)
{
    cpu_set_t one;

    do {
        sampler->cpu = (sampler->cpu + 1) % CPU_SETSIZE;
    } while (!CPU_ISSET(sampler->cpu, &sampler->cpus));
    CPU_ZERO(&one);
    CPU_SET(sampler->cpu, &one);
    sched_setaffinity(0, sizeof(one), &one);
}

static struct sample_set take_set(const struct sampler *sampler)
{
    struct sample_set set = {.cpu = sampler->cpu};

    set.tsc[0] = tsc_read();
    for (unsigned i = 0; i < SAMPLE_CLOCKS; i++) {
        set.clock_ns[i] = clock_read_ns(clocks[i]);
        set.tsc[i + 1] = tsc_read();
    }
    return set;
}

static void send_set(struct sampler *sampler)
{
    struct sample_set set = take_set(sampler);
    char bytes[OUTPUT_BYTES];
    struct text line;

    text_init(&line, bytes, sizeof(bytes));
    sample_stream_add_set(&sampler->stream, &set, &line);
    guest_write_all(sampler->channel_fd, &line);
}

static void send_clocksource(struct sampler *sampler)
{
    char name[NAME_BYTES], bytes[OUTPUT_BYTES];
    struct text line;

    sysinfo_read_clocksource(name);
    if (strcmp(name, sampler->clocksource) == 0)
        return;
    memcpy(sampler->clocksource, name, sizeof(name));
    text_init(&line, bytes, sizeof(bytes));
    sample_stream_add_clocksource(name, &line);
    guest_write_all(sampler->channel_fd, &line);
}

static void send_log(struct sampler *sampler)
{
    char bytes[OUTPUT_BYTES];
    struct log_line message;
    struct text line;

    while (sysinfo_next_log_line(sampler->log_fd, &message)) {
        if (log_line_classify(&message) == LOG_OTHER)
            continue;
        text_init(&line, bytes, sizeof(bytes));
        sample_stream_add_message(message.time_us, message.text, &line);
        guest_write_all(sampler->channel_fd, &line);
    }
}

static void sample(struct sampler *sampler, uint64_t hz)
{
    const struct timespec pause = {.tv_sec = hz == 1, .tv_nsec = hz == 1 ? 0 : NS_PER_SEC / hz};
    uint64_t sets_per_look = hz / LOOK_HZ + 1;

    for (uint64_t i = 0;; i++) {
        if (i % sets_per_look == 0) {
            send_clocksource(sampler);
            send_log(sampler);
        }
        move_on(sampler);
        send_set(sampler);
        nanosleep(&pause, NULL);
    }
}

pid_t sampler_start(uint64_t hz, int channel_fd)
{
    struct sampler sampler = {.channel_fd = channel_fd, .log_fd = -1};
    pid_t child = fork();

    if (child != 0)
        return child;
    sched_getaffinity(0, sizeof(sampler.cpus), &sampler.cpus);
    sampler.log_fd = sysinfo_open_log();
    sample(&sampler, hz);
    _exit(0);
}

/* What it may have sent of a line is no line then. */
void sampler_stop(pid_t sampler, int channel_fd)
{
    char newline = '\n';
    struct text end = {.bytes = &newline, .length_bytes = 1};

    if (sampler < 0)
        return;
    kill(sampler, SIGKILL);
    waitpid(sampler, NULL, 0);
    guest_write_all(channel_fd, &end);
}
