/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages of the program: one line each on stderr, beginning with "minivmm: ". May be called from
 * any thread. Control characters in a message (a file name can hold them) are shown as '?', and a
 * message is cut off at 1 KiB. While the terminal is raw a line ends with "\r\n". No caller waits
 * for the reader of stderr: see log_writer.h.
 */
#ifndef VMM_HOST_LOG_H
#define VMM_HOST_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Whether log_info and log_guest print; false at the start. Set before there are other threads. */
void log_set_verbose(bool verbose);

/*
 * What every message begins with, behind "minivmm: ", so that those of processes with the same
 * stderr can be told apart; cut off at 31 bytes. Set before there are other threads.
 */
void log_set_name(const char *name);

/* The user or the host did something that the user has to know of. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Said always, but not an error. */
void log_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Said with --verbose only. */
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * One kind of guest mistake, for example a refused MSR write: a static variable beside the code
 * that meets it. The guest can make it as often as it likes, so it is counted each time and
 * described the first time only, with --verbose.
 */
struct log_tally {
    /* What happened, in a few words: "MSR write refused". */
    const char *what;
    _Atomic uint64_t count;
    /* The list of all kinds that were met: the one that joined it before this one. */
    struct log_tally *next;
};

/* Counts one mistake; the first prints "guest: WHAT: " and the message. */
void log_guest(struct log_tally *tally, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * At the end of a run, with --verbose: "guest: WHAT: N times" for each kind that was met more than
 * once, the last one met first.
 */
void log_guest_counts(void);

#endif
