/* SPDX-License-Identifier: BSD-2-Clause */
/* See doctor_options.h. */
#include "vmm/cmd/doctor_options.h"

const char doctor_options_usage[] =
    "Usage: minivmm doctor [OPTIONS]\n"
    "Say what this host can give a guest, and what to do about what it cannot.\n";

const char doctor_options_ending[] =
    "Exit status: 0 Linux can be booted here; 18 it cannot, and a line says why;\n"
    "2 user or host error.\n";
