/* SPDX-License-Identifier: BSD-2-Clause */
/* Steal time in /proc/stat. See tests.h. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest-images/linux-tests/check.h"
#include "guest-images/linux-tests/tests.h"
#include "guest-images/probe/clocks.h"

#define NS_PER_SEC UINT64_C(1000000000)
#define WAIT_SEC   4
#define STEAL      7
#define FIELDS     8
/* Of what was asked, in thousandths of the time. */
#define TOLERANCE 10
/* The unit of /proc/stat, USER_HZ. */
#define NS_PER_USER_TICK 10000000

/* The columns of all CPUs together: user, nice, system, idle, iowait, irq, softirq, steal. */
static bool read_stat(uint64_t fields[FIELDS])
{
    FILE *stat = fopen("/proc/stat", "re");
    bool read = stat != NULL && fscanf(stat,
                                       "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                                       " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
                                       &fields[0], &fields[1], &fields[2], &fields[3], &fields[4],
                                       &fields[5], &fields[6], &fields[7]) == FIELDS;

    if (stat != NULL)
        fclose(stat);
    return read;
}

static void spin(void)
{
    uint64_t start_ns = clock_read_ns(CLOCK_MONOTONIC);

    while (clock_read_ns(CLOCK_MONOTONIC) - start_ns < WAIT_SEC * NS_PER_SEC)
        ;
}

static void rest(void)
{
    struct timespec left = {.tv_sec = WAIT_SEC};

    while (nanosleep(&left, &left) != 0)
        ;
}

/* In thousandths of the time that passed. */
struct share {
    /* Of the time that Linux accounted for, what was stolen. */
    int64_t stolen;
    /* What it did not account for: the ticks of it were lost. */
    int64_t lost;
};

static struct share share_of(void (*wait)(void))
{
    uint64_t before[FIELDS] = {0}, after[FIELDS] = {0}, total = 0, start_ns, elapsed;

    read_stat(before);
    start_ns = clock_read_ns(CLOCK_MONOTONIC);
    wait();
    elapsed = (clock_read_ns(CLOCK_MONOTONIC) - start_ns) / NS_PER_USER_TICK;
    read_stat(after);
    for (unsigned i = 0; i < FIELDS; i++)
        total += after[i] - before[i];
    return (struct share){
        .stolen = total > 0 ? (int64_t)((after[STEAL] - before[STEAL]) * 1000 / total) : -1,
        .lost = total < elapsed ? (int64_t)((elapsed - total) * 1000 / elapsed) : 0,
    };
}

/*
 * Time whose ticks a slow host lost is missing from the sum, so the share may be off by as much.
 * Time that is accounted for twice is no excuse.
 */
static void check_share(const char *who, struct share share, int64_t asked)
{
    check(share.stolen >= 0 && llabs(share.stolen - asked) <= TOLERANCE + share.lost,
          "%s guest: %" PRId64 " thousandths of its time were stolen, %" PRId64
          " were asked for, %" PRId64 " lost",
          who, share.stolen, asked, share.lost);
}

void test_steal(unsigned percent)
{
    uint64_t fields[FIELDS];

    if (!check(read_stat(fields), "/proc/stat has its columns"))
        return;
    check_share("a busy", share_of(spin), percent * 10);
    check_share("an idle", share_of(rest), 0);
}
