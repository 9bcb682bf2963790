/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The usual sets of expectations, with the reason for each.
 */
#ifndef CHECK_PROFILES_H
#define CHECK_PROFILES_H

#define PROFILE_MAX_TEXTS 8
#define PROFILE_DEFAULT   "default"
#define PROFILES          "default, kvm-clock, tsc, hpet or acpi_pm"

struct profile {
    const char *name;
    const char *reason;
    /* Ends with NULL. */
    const char *texts[PROFILE_MAX_TEXTS];
};

/* NULL if there is none of that name. */
const struct profile *profile_find(const char *name);

#endif
