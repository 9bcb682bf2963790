/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes of this program that it makes by fork, and how they end. */
#ifndef VMM_HOST_CHILD_PROCESS_H
#define VMM_HOST_CHILD_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * In the child, first of all: it is killed when its parent ends, however that ends. False if that
 * has ended already; parent is what getpid said before the fork.
 */
bool child_process_dies_with(pid_t parent);

/*
 * The signal that ends a child as Ctrl-C does. Children ignore what this program's caller has
 * ignored: the terminal's Ctrl-C is to end none. Then it is SIGKILL.
 */
int child_process_ending_signal(void);

#endif
