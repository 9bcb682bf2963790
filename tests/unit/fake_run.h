/* SPDX-License-Identifier: BSD-2-Clause */
/* Between fake_vcpu.c and fake_run.c. */
#ifndef TESTS_UNIT_FAKE_RUN_H
#define TESTS_UNIT_FAKE_RUN_H

#include "tests/unit/fake_vcpu.h"

struct fake_vcpu *fake_vcpu_of_fd(int fd);

/* What RDTSC gives it now. */
uint64_t fake_vcpu_read_tsc(const struct fake_vcpu *vcpu);

#endif
