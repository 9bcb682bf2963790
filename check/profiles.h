/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Profiles: the usual sets of expectations, each with its reason.
 */
#ifndef CHECK_PROFILES_H
#define CHECK_PROFILES_H

#define PROFILE_MAX_TEXTS 8
#define PROFILE_DEFAULT   "default"
#define PROFILES          "default, kvm-clock, tsc, hpet or acpi_pm"

struct profile {
    const char *name;
    const char *reason;
    /* Texts for expectation_add, and NULL at the end. */
    const char *texts[PROFILE_MAX_TEXTS];
};

/* The profile of that name; NULL if there is none. */
const struct profile *profile_find(const char *name);

#endif
