/* SPDX-License-Identifier: BSD-2-Clause */
/* The help of `minivmm doctor`. */
#ifndef VMM_CMD_DOCTOR_OPTIONS_H
#define VMM_CMD_DOCTOR_OPTIONS_H

extern const char doctor_options_usage[];
extern const char doctor_options_ending[];

#endif
