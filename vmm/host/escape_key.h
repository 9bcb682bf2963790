/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The escape key of an interactive console: Ctrl-A is a prefix and never reaches the guest alone.
 *
 *     Ctrl-A x        ends the run
 *     Ctrl-A b        sends a break to the guest
 *     Ctrl-A ?        lists the keys
 *     Ctrl-A Ctrl-A   sends one Ctrl-A to the guest
 *     Ctrl-A other    is dropped
 *
 * Pure: the keys may come in pieces of any size.
 */
#ifndef VMM_HOST_ESCAPE_KEY_H
#define VMM_HOST_ESCAPE_KEY_H

#include <stdbool.h>
#include <stdint.h>

/* What is said at the start, and what Ctrl-A ? says. */
#define ESCAPE_KEY_HELP "Ctrl-A x ends the run, Ctrl-A ? lists the keys"
#define ESCAPE_KEY_LIST "Ctrl-A x ends the run, Ctrl-A b sends a break, Ctrl-A Ctrl-A sends Ctrl-A"

enum escape_action {
    ESCAPE_SEND,  /* the byte is for the guest */
    ESCAPE_DROP,  /* the byte is not for the guest */
    ESCAPE_END,   /* the user wants the run to end */
    ESCAPE_BREAK, /* the user wants a break to be sent */
    ESCAPE_HELP,  /* the user wants to know the keys */
};

/* Zeroed is the starting state. */
struct escape_key {
    bool prefix_seen;
};

/* What to do with the next byte from the keyboard. */
enum escape_action escape_parse(struct escape_key *escape, uint8_t byte);

#endif
