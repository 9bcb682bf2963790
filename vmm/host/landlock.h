/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which files a thread, and those that it starts, may still reach by name: those that were allowed
 * here. Descriptors that are open are not concerned. Where the host's kernel has no Landlock none
 * of this does anything.
 *
 * Source: Linux Documentation/userspace-api/landlock.rst.
 */
#ifndef VMM_HOST_LANDLOCK_H
#define VMM_HOST_LANDLOCK_H

#include <stdint.h>

/* A descriptor of rules that allow nothing, or -1: this kernel has no Landlock. */
int landlock_open(void);

/* The file, or all below the folder, may be read. A name that is not there is passed over. */
void landlock_allow_read(int rules, const char *path);

/* The file, or device, may be read and written. */
void landlock_allow_write(int rules, const char *path);

/*
 * The folder of this file, which need not exist yet, and that of what the name leads to if it is a
 * link: files may be read, made, written and removed there.
 */
void landlock_allow_save(int rules, const char *path);

/* A socket, or what has taken its name, may be removed: so may any file of its folder. */
void landlock_allow_remove(int rules, const char *path);

/* For good; closes the descriptor. The thread has no_new_privs. 0 or -errno. */
int landlock_enter(int rules);

/* The version of Landlock that this kernel has; 0: none. */
int landlock_version(void);

#endif
