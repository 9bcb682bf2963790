/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In the guest of skip-in-lab.sh: sleeps for each of the numbers of seconds that it is given. For
 * each a line says how long it was, in nanoseconds, by the clocks that have to agree:
 *
 *   slept SECONDS MONOTONIC BOOTTIME REALTIME
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_SEC INT64_C(1000000000)
#define CLOCKS     3

static const clockid_t clocks[CLOCKS] = {CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME};

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct timespec length = {.tv_sec = atoi(argv[i])};
        int64_t before_ns[CLOCKS];

        for (int clock = 0; clock < CLOCKS; clock++)
            before_ns[clock] = now_ns(clocks[clock]);
        nanosleep(&length, NULL);
        printf("slept %s", argv[i]);
        for (int clock = 0; clock < CLOCKS; clock++)
            printf(" %lld", (long long)(now_ns(clocks[clock]) - before_ns[clock]));
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
