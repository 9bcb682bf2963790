/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the vCPUs of fake_kvm.c do: each function is a KVM_RUN of one that does it, returns what the
 * call returns, and leaves the exit in the vCPU's page.
 */
#ifndef TESTS_CLI_FAKE_GUEST_H
#define TESTS_CLI_FAKE_GUEST_H

#include <stdbool.h>

#include <linux/kvm.h>

/* The page with its data behind it. */
#define FAKE_RUN_BYTES 8192

/* The environment's value, or an empty text. */
const char *fake_setting(const char *name);

/* vCPU 0: FAKE_KVM_GUEST is a list of words, and "wait" follows its end. */
int fake_guest_words(struct kvm_run *run);

/* Whether some of them are left. */
bool fake_guest_has_words(void);

/* Until it is kicked. */
int fake_guest_wait(struct kvm_run *run);

/* The exit that the program's own tiny guests make. */
int fake_guest_tiny(struct kvm_run *run);

#endif
