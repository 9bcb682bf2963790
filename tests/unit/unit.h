/* SPDX-License-Identifier: BSD-2-Clause */
/* What every unit test includes: cmocka, in the order that it wants. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
