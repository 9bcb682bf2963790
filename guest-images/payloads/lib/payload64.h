/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a 64-bit payload is: one function, entered by the 64-bit boot protocol of Linux with all of
 * the lowest 4 GiB mapped, interrupts off and every exception caught.
 */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD64_H
#define GUEST_IMAGES_PAYLOADS_LIB_PAYLOAD64_H

#include <stdbool.h>
#include <stdint.h>

/* zero_page is struct boot_params. It ends by check_done, or by ending the machine. */
void payload_main(const uint8_t *zero_page);

/* The command line, of which text_find_value takes options of the test. */
const char *payload_command_line(const uint8_t *zero_page);

#define VECTOR_COUNT 0x40
#define VECTOR_GP    13

/* Exceptions and interrupts: set up before payload_main, for every CPU that calls it. */
void vectors_load(void);

/* Calls handler for each interrupt with this vector, 0x20 to 0x3f; the handler acknowledges it. */
void vector_set(unsigned vector, void (*handler)(void));

/* An MSR access that may fault: 0, or the vector of the exception it raised. */
unsigned msr_try_write(uint32_t msr, uint64_t value);
unsigned msr_try_read(uint32_t msr);

#endif
