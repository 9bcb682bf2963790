/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a payload says: lines on COM1, for tests/guest/run.sh to judge.
 *
 *   ok NAME
 *   not ok NAME: expected X got Y
 *   1..N                            the last line: there were N checks
 *   ok NAME # SKIP REASON
 *   # TEXT                          a remark
 *
 * A payload ends by check_done: status 1 if all checks passed, 3 if one did not, 127 by an
 * exception that nobody expected.
 */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_CHECK_H
#define GUEST_IMAGES_PAYLOADS_LIB_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#define DEBUG_EXIT_PORT 0xf4

enum payload_exit { PAYLOAD_PASSED = 0, PAYLOAD_FAILED = 1, PAYLOAD_EXCEPTION = 0x3f };

void print(const char *text);
void print_hex(uint64_t value);
void print_decimal(uint64_t value);

/* True or not; for what is not a number. */
void check(const char *name, bool ok);

/* A number that must be this one; in hexadecimal. */
void check_equal(const char *name, uint64_t got, uint64_t expected);

/* A number from lowest to highest; in decimal. */
void check_range(const char *name, uint64_t got, uint64_t lowest, uint64_t highest);

/* A string that must be this one. */
void check_text(const char *name, const char *got, const char *expected);

/* A check that cannot be made here. */
void check_skip(const char *name, const char *reason);

/* "1..N": for a payload that ends in another way than by check_done. */
void check_plan(void);

void check_done(void) __attribute__((noreturn));

/* Ends the machine with status (value << 1) | 1. */
void payload_end(uint8_t value) __attribute__((noreturn));

#endif
