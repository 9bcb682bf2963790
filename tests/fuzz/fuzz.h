/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzing: each target is LLVMFuzzerTestOneInput, run by libFuzzer or, without clang, by
 * standalone.c. What must not happen ends the process, and whoever runs the target keeps the input.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

/* Counts one operation; "operations: N" is printed on stderr when the process exits well. */
void fuzz_count(void);

/* Ends the process after a line that says what went wrong. */
void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* What is left of an input. */
struct fuzz_input {
    const uint8_t *bytes;
    size_t left;
};

/* The next size_bytes bytes (up to 8), little endian; zeros behind the end. */
uint64_t fuzz_take(struct fuzz_input *input, unsigned size_bytes);

#endif
