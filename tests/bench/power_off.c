/* SPDX-License-Identifier: BSD-2-Clause */
/* The init of a guest that is only booted: switches it off at once. */
#include <sys/reboot.h>

int main(void)
{
    return reboot(RB_POWER_OFF);
}
