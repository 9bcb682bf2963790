/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `minivmm doctor`: finds out what this host can give a guest, judges it (check/doctor.h), and
 * writes the result to stdout. It takes a tenth of a second, most of which is to measure the TSC.
 */
#ifndef VMM_CMD_DOCTOR_H
#define VMM_CMD_DOCTOR_H

struct clock_bracket;
struct options;

/* start is of CLOCK_MONOTONIC_RAW, as early as can be. Returns the exit status. */
int doctor_run(const struct options *options, const struct clock_bracket *start);

#endif
