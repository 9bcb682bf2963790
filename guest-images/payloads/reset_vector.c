/* SPDX-License-Identifier: BSD-2-Clause */
/* Jumps to F000:FFF0 in real mode, as Linux does with reboot=b: that resets a PC. */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/payload16.h"

void on_interrupt_a(void)
{
}

void on_interrupt_b(void)
{
}

void payload_main(void)
{
    check_plan();
    __asm__ volatile("ljmp $0xf000, $0xfff0");
    check_done();
}
