/* SPDX-License-Identifier: BSD-2-Clause */
/* Strings, and memory as the compiler wants to be able to copy and fill it. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_TEXT_H
#define GUEST_IMAGES_PAYLOADS_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);

bool text_equal(const char *a, const char *b);

/* The value of KEY in a command line that has the word KEY=VALUE, up to its end; NULL if not. */
const char *text_find_value(const char *command_line, const char *key);

/* A decimal number at the start of a text; 0 if there is none. */
uint32_t text_number(const char *text);

/* The number of the word KEYn=NUMBER, or else of KEY=NUMBER; n is 0 to 9. 0: there is neither. */
uint32_t text_number_for(const char *command_line, const char *key, unsigned n);

#endif
