/* SPDX-License-Identifier: BSD-2-Clause */
/* Says how far /dev/ptp0 is from CLOCK_REALTIME, in ns, and from where to where it may be. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#define FD_TO_CLOCKID(fd) ((clockid_t)(~(unsigned)(fd) << 3 | 3))

static long long ns(clockid_t id)
{
    struct timespec time = {0};

    if (clock_gettime(id, &time) != 0)
        perror("clock_gettime");
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void)
{
    int fd = open("/dev/ptp0", O_RDONLY);
    long long before, ptp, after;

    if (fd < 0) {
        perror("/dev/ptp0");
        return 1;
    }
    before = ns(CLOCK_REALTIME);
    ptp = ns(FD_TO_CLOCKID(fd));
    after = ns(CLOCK_REALTIME);
    printf("ptp - realtime is %lld to %lld ns\n", ptp - after, ptp - before);
    return 0;
}
