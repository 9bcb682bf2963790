/* SPDX-License-Identifier: BSD-2-Clause */
/* What a measuring guest says on COM1, and how it ends. */
#ifndef TESTS_BENCH_PAYLOAD_LIB_PRINT_H
#define TESTS_BENCH_PAYLOAD_LIB_PRINT_H

#include <stdint.h>

void print(const char *text);

/* value in decimal, then end. */
void print_number(uint32_t value, const char *end);

/* Ends the machine through the debug exit port: minivmm's status is 2 * code + 1. */
void end(uint8_t code);

#endif
