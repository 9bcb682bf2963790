/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mebibyte out of a serial port, as a kernel's early console sends it: LSR is read until the
 * transmitter is empty, then the byte is written. Lines have 64 bytes. Then the machine ends as
 * print.h says.
 */
#ifndef TESTS_BENCH_PAYLOAD_LIB_SEND_H
#define TESTS_BENCH_PAYLOAD_LIB_SEND_H

#include <stdint.h>

#include "guest-images/payloads/lib/cpu.h"
#include "tests/bench/payload/lib/print.h"

#define SEND_BYTES      (1 << 20)
#define SEND_LINE_BYTES 64
#define SEND_LSR        5
#define SEND_LSR_THRE   0x20

static inline void send_and_end(uint16_t port)
{
    for (uint32_t i = 1; i <= SEND_BYTES; i++) {
        while ((in8((uint16_t)(port + SEND_LSR)) & SEND_LSR_THRE) == 0)
            ;
        out8(port, i % SEND_LINE_BYTES == 0 ? '\n' : (uint8_t)('0' + i % SEND_LINE_BYTES));
    }
    end(0);
}

#endif
