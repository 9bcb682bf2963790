/* SPDX-License-Identifier: BSD-2-Clause */
/* The init of a guest that is saved and restored: says that it lives, every 10 ms. */
#include <time.h>
#include <unistd.h>

int main(void)
{
    static const struct timespec step = {.tv_nsec = 10000000};

    while (write(STDOUT_FILENO, "tick\n", 5) == 5)
        nanosleep(&step, NULL);
    return 1;
}
