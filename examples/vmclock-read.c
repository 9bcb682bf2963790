/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a vmclock says: the host's time in UTC with the bounds of its error, and whether it was
 * disrupted.
 *
 *   make examples
 *   vmclock-read           in a guest: /dev/vmclock0, once
 *   vmclock-read --watch   the same after each change, for ever
 *   vmclock-read FILE      a page that was saved, at its own counter_value
 *
 * A line has the date, by how many nanoseconds it may be wrong at most and by estimate, the status
 * of the host's clock, TAI - UTC, the disruption marker and the generation. With --watch a line
 * says so before it if the marker is another one: whoever has learnt the rate of the counter has to
 * forget it; or if the generation is: this guest is a copy of another.
 *
 * The page is that of UAPI.13, with the generation where Linux has it. The programs that read a
 * clock often would keep the mapping, and call sample and compute.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define DEVICE     "/dev/vmclock0"
#define PAGE_BYTES 4096
#define MAGIC      0x4b4c4356
#define X86_TSC    1
#define TAI        1
#define UNRELIABLE 4
/* A writer is done by then, or is no more. */
#define TRIES 10000000

enum flag {
    TAI_OFFSET_VALID = 1 << 0,
    PERIOD_ESTERROR_VALID = 1 << 3,
    PERIOD_MAXERROR_VALID = 1 << 4,
    TIME_ESTERROR_VALID = 1 << 5,
    TIME_MAXERROR_VALID = 1 << 6,
    GENERATION_PRESENT = 1 << 8,
};

struct shared_page {
    uint32_t magic;
    uint32_t size;
    uint16_t version;
    uint8_t counter_id;
    uint8_t time_type;
    uint32_t seq_count;
    uint64_t disruption_marker;
    uint64_t flags;
    uint8_t pad[2];
    uint8_t clock_status;
    uint8_t leap_second_smearing_hint;
    int16_t tai_offset_sec;
    uint8_t leap_indicator;
    uint8_t counter_period_shift;
    uint64_t counter_value;
    uint64_t counter_period_frac_sec;
    uint64_t counter_period_esterror_rate_frac_sec;
    uint64_t counter_period_maxerror_rate_frac_sec;
    uint64_t time_sec;
    uint64_t time_frac_sec;
    uint64_t time_esterror_nanosec;
    uint64_t time_maxerror_nanosec;
    uint64_t vm_generation_counter;
};

/* A page as it was at one moment, and a counter value of that moment. */
struct sampled {
    struct shared_page page;
    uint64_t counter;
};

struct error {
    bool is_known;
    uint64_t ns;
};

struct answer {
    /* UTC, or TAI where the page does not say how far that is from UTC. */
    bool is_utc;
    int64_t sec;
    uint32_t nsec;
    struct error max;
    struct error estimated;
};

typedef unsigned __int128 u128;

/* What the counter has made since the reference, by a rate of the page: in 2^-64 s. */
static u128 elapsed(const struct sampled *sampled, uint64_t rate)
{
    u128 cycles = sampled->counter - sampled->page.counter_value;

    return (cycles * rate) >> sampled->page.counter_period_shift;
}

static uint32_t nsec_of(u128 time)
{
    return (uint32_t)(((u128)(uint64_t)time * 1000000000) >> 64);
}

/* Rounded up. Both flags are needed: the error at the reference, and what it grows by. */
static struct error error_of(const struct sampled *sampled, uint64_t flags, uint64_t reference_ns,
                             uint64_t rate)
{
    u128 grown = elapsed(sampled, rate);

    return (struct error){(sampled->page.flags & flags) == flags,
                          reference_ns + (uint64_t)(grown >> 64) * 1000000000 + nsec_of(grown) + 1};
}

static struct answer compute(const struct sampled *sampled)
{
    const struct shared_page *page = &sampled->page;
    u128 time = (((u128)page->time_sec << 64) | page->time_frac_sec) +
                elapsed(sampled, page->counter_period_frac_sec);
    struct answer answer = {
        .is_utc = page->time_type != TAI || (page->flags & TAI_OFFSET_VALID) != 0,
        .sec = (int64_t)(time >> 64),
        .nsec = nsec_of(time),
        .max = error_of(sampled, PERIOD_MAXERROR_VALID | TIME_MAXERROR_VALID,
                        page->time_maxerror_nanosec, page->counter_period_maxerror_rate_frac_sec),
        .estimated =
            error_of(sampled, PERIOD_ESTERROR_VALID | TIME_ESTERROR_VALID,
                     page->time_esterror_nanosec, page->counter_period_esterror_rate_frac_sec),
    };

    /* The offset is TAI - UTC, whatever drivers made of its sign. */
    if (page->time_type == TAI && answer.is_utc)
        answer.sec -= page->tai_offset_sec;
    return answer;
}

/* Why no time can be computed; NULL if one can. */
static const char *refuse(const struct shared_page *page)
{
    if (page->magic != MAGIC || page->version != 1)
        return "it is no page of a vmclock";
    if (page->counter_id != X86_TSC)
        return "its counter is not the TSC";
    if (page->counter_period_shift > 64)
        return "its period has no meaning";
    if (page->time_type > TAI)
        return "its time is neither UTC nor TAI";
    if (page->clock_status < 2 || page->clock_status >= UNRELIABLE)
        return "its time is not to be relied on";
    return NULL;
}

/* False if the page is written to all the time. */
static bool sample(const volatile struct shared_page *shared, struct sampled *sampled)
{
    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t before = shared->seq_count;

        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        sampled->page = *(const struct shared_page *)(uintptr_t)shared;
        _mm_lfence();
        sampled->counter = __rdtsc();
        _mm_lfence();
        if (before % 2 == 0 && shared->seq_count == before)
            return true;
        _mm_pause();
    }
    return false;
}

static void print_bound(const char *what, struct error error)
{
    if (error.is_known)
        printf(", %s %" PRIu64 " ns", what, error.ns);
    else
        printf(", %s unknown", what);
}

static void print(const struct sampled *sampled)
{
    static const char *const states[] = {"", "", "synchronized", "free-running"};
    const struct shared_page *page = &sampled->page;
    struct answer answer = compute(sampled);
    time_t sec = (time_t)answer.sec;
    char text[40] = "no date";
    struct tm date;

    if (gmtime_r(&sec, &date) != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &date);
    printf("%s.%09" PRIu32 " %s", text, answer.nsec, answer.is_utc ? "UTC" : "TAI");
    print_bound("at most", answer.max);
    print_bound("by estimate", answer.estimated);
    printf(", %s", states[page->clock_status]);
    if ((page->flags & TAI_OFFSET_VALID) != 0)
        printf(", TAI - UTC %d s", page->tai_offset_sec);
    printf(", leap %u, marker %" PRIx64, page->leap_indicator, page->disruption_marker);
    if ((page->flags & GENERATION_PRESENT) != 0)
        printf(", generation %" PRIu64, page->vm_generation_counter);
    printf("\n");
    fflush(stdout);
}

static int say(const char *path, const char *why)
{
    fprintf(stderr, "vmclock-read: %s: %s\n", path, why);
    return 1;
}

static void notice_disruption(const struct shared_page *before, const struct shared_page *now)
{
    if (before->magic != MAGIC)
        return;
    if (now->disruption_marker != before->disruption_marker)
        printf("disrupted: what was learnt of the counter does not hold any more\n");
    if (now->vm_generation_counter != before->vm_generation_counter)
        printf("another generation: this guest was restored or cloned\n");
}

static int show(const char *path, const struct sampled *sampled)
{
    const char *why = refuse(&sampled->page);

    if (why != NULL)
        return say(path, why);
    print(sampled);
    return 0;
}

/* Linux remembers for poll what read has seen. So it is read first: no change is missed. */
static int show_device(const char *path, int fd, const volatile struct shared_page *page,
                       bool watch)
{
    struct pollfd changed = {.fd = fd, .events = POLLIN};
    struct shared_page before = {0};
    struct sampled now;
    int status;

    do {
        if (watch && pread(fd, &now.page, sizeof now.page, 0) < 0)
            return say(path, strerror(errno));
        if (!sample(page, &now))
            return say(path, "it is being written to all the time");
        notice_disruption(&before, &now.page);
        before = now.page;
        status = show(path, &now);
        if (watch && (poll(&changed, 1, -1) < 0 || (changed.revents & POLLHUP) != 0))
            return say(path, "it tells of no changes");
    } while (watch);
    return status;
}

int main(int argc, char **argv)
{
    bool watch = argc > 1 && strcmp(argv[1], "--watch") == 0;
    const char *path = argc > 1 + watch ? argv[1 + watch] : DEVICE;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    const struct shared_page *page;
    struct stat status;

    if (fd < 0 || fstat(fd, &status) < 0)
        return say(path, strerror(errno));
    if (S_ISREG(status.st_mode) && status.st_size < (off_t)sizeof *page)
        return say(path, "it is too short for the page of a vmclock");
    page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return say(path, strerror(errno));
    if (S_ISREG(status.st_mode))
        return show(path, &(struct sampled){*page, page->counter_value});
    return show_device(path, fd, page, watch);
}
