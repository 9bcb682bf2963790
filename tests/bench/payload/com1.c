/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that sends a mebibyte on COM1. */
#include "tests/bench/payload/lib/send.h"

#define COM1 0x3f8

void payload_main(void);

void payload_main(void)
{
    send_and_end(COM1);
}
