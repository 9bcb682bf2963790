/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a guest's clocks move against the host's: a sample every STEP, a line each. The host's clocks
 * come from minivmm's reference device (docs/reference.md), so the guest runs with --reference.
 *
 *   make examples
 *   minivmm --initrd build/examples/offset-series.cpio --reference --report series \
 *       --append 'seconds=60 step_ms=100' bzImage
 *   gnuplot -e "series='series'" examples/offset-series.gp >offset-series.png
 *
 * It is the init of such a guest: it takes its options from words of the kernel's command line,
 * writes to the second serial port and powers off at the end. In another guest root can run it as
 * `seconds=60 step_ms=100 offset-series`; then it writes to stdout.
 *
 * A line has five numbers. All but the first are in nanoseconds:
 *   guest seconds since the first sample
 *   by how much CLOCK_MONOTONIC_RAW, and CLOCK_MONOTONIC, have gained on the host's since then
 *   CLOCK_REALTIME minus the host's
 *   the uncertainty of each: half of the time in which the sample was taken
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define REFERENCE_PORT  0x5c0
#define REFERENCE_MAGIC 0x524d564d
#define NS_PER_SEC      1000000000
#define NS_PER_MS       1000000
/* Of so many samples the one that took the least time is kept. */
#define TRIES 20

/* What 14 reads of the port give: devices/pc/reference.h. */
struct reference_record {
    uint32_t magic;
    uint32_t size_bytes;
    uint64_t host_tsc;
    uint64_t host_tsc_width;
    uint64_t host_monotonic_raw_ns;
    uint64_t host_monotonic_ns;
    uint64_t host_realtime_ns;
    uint64_t guest_ns;
};

/* In one page, so that the string instruction is one exit. */
static _Alignas(64) struct reference_record record;

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

/* How far a clock of the guest is ahead of that of the host, and half of what is not certain. */
struct offset {
    int64_t ns;
    int64_t uncertainty_ns;
};

static struct offset take_offset(clockid_t clock, const uint64_t *host_ns)
{
    struct offset best = {.uncertainty_ns = INT64_MAX};

    for (unsigned i = 0; i < TRIES; i++) {
        int64_t before_ns = read_clock(clock), after_ns, half_ns;

        insl(REFERENCE_PORT, &record, sizeof record / 4);
        after_ns = read_clock(clock);
        half_ns = (after_ns - before_ns + 1) / 2;
        if (half_ns < best.uncertainty_ns)
            best = (struct offset){before_ns + half_ns - (int64_t)*host_ns, half_ns};
    }
    return best;
}

struct sample {
    int64_t guest_ns;
    struct offset raw, monotonic, realtime;
};

static struct sample take_sample(void)
{
    return (struct sample){
        .guest_ns = read_clock(CLOCK_MONOTONIC_RAW),
        .raw = take_offset(CLOCK_MONOTONIC_RAW, &record.host_monotonic_raw_ns),
        .monotonic = take_offset(CLOCK_MONOTONIC, &record.host_monotonic_ns),
        .realtime = take_offset(CLOCK_REALTIME, &record.host_realtime_ns),
    };
}

static void print_sample(const struct sample *first, const struct sample *sample)
{
    int64_t elapsed_ns = sample->guest_ns - first->guest_ns;
    int64_t uncertainty_ns = sample->raw.uncertainty_ns;

    if (sample->monotonic.uncertainty_ns > uncertainty_ns)
        uncertainty_ns = sample->monotonic.uncertainty_ns;
    if (sample->realtime.uncertainty_ns > uncertainty_ns)
        uncertainty_ns = sample->realtime.uncertainty_ns;
    printf("%lld.%09lld %lld %lld %lld %lld\n", (long long)(elapsed_ns / NS_PER_SEC),
           (long long)(elapsed_ns % NS_PER_SEC), (long long)(sample->raw.ns - first->raw.ns),
           (long long)(sample->monotonic.ns - first->monotonic.ns), (long long)sample->realtime.ns,
           (long long)uncertainty_ns);
}

/* The kernel makes variables of words NAME=VALUE that it does not know. */
static int64_t number_of(const char *name, int64_t otherwise)
{
    const char *value = getenv(name);

    return value != NULL && atoll(value) > 0 ? atoll(value) : otherwise;
}

static void open_report(void)
{
    struct termios terminal;
    int fd;

    mount("dev", "/dev", "devtmpfs", 0, NULL);
    fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY);
    if (fd < 0)
        return;
    tcgetattr(fd, &terminal);
    cfmakeraw(&terminal);
    tcsetattr(fd, TCSANOW, &terminal);
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

static int run(int64_t duration_ns, int64_t step_ns)
{
    struct sample first, sample;

    if (ioperm(REFERENCE_PORT, 4, 1) != 0) {
        fprintf(stderr, "offset-series: port 5c0h: only root may read it\n");
        return 1;
    }
    outl(0, REFERENCE_PORT);
    insl(REFERENCE_PORT, &record, sizeof record / 4);
    if (record.magic != REFERENCE_MAGIC) {
        fprintf(stderr, "offset-series: no reference device: give minivmm --reference\n");
        return 1;
    }
    printf("# guest_s raw_ns monotonic_ns realtime_minus_host_ns uncertainty_ns\n");
    first = sample = take_sample();
    for (int64_t n = 1; print_sample(&first, &sample), n * step_ns <= duration_ns; n++) {
        int64_t left_ns = first.guest_ns + n * step_ns - read_clock(CLOCK_MONOTONIC_RAW);
        const struct timespec left = {left_ns / NS_PER_SEC, left_ns % NS_PER_SEC};

        if (left_ns > 0)
            nanosleep(&left, NULL);
        sample = take_sample();
    }
    return fflush(stdout) != 0;
}

int main(void)
{
    int status;

    if (getpid() != 1)
        return run(number_of("seconds", 10) * NS_PER_SEC, number_of("step_ms", 100) * NS_PER_MS);
    open_report();
    status = run(number_of("seconds", 10) * NS_PER_SEC, number_of("step_ms", 100) * NS_PER_MS);
    tcdrain(STDOUT_FILENO);
    if (status == 0)
        reboot(RB_POWER_OFF);
    return status;
}
