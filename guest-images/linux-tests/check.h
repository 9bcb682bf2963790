/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test says: TAP lines, on the console and on the second serial port.
 */
#ifndef GUEST_IMAGES_LINUX_TESTS_CHECK_H
#define GUEST_IMAGES_LINUX_TESTS_CHECK_H

#include <stdbool.h>

/* Opens both; the console is the standard output. */
void check_open(void);

/* "ok N - TEXT" or "not ok N - TEXT", the text as of printf. Returns the condition. */
bool check(bool condition, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line that is no result: "# TEXT". */
void check_say(const char *text);

/* The plan, "1..N", which says that all has been checked; waits until everything is sent. */
void check_close(void);

#endif
