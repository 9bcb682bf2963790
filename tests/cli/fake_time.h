/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With FAKE_KVM_STILL no limit of time of the program's is over before its guest is where the test
 * wants it, however long a busy host takes for that. Until then CLOCK_MONOTONIC stands still for
 * the main thread, which has the limits; after that it is the host's again.
 *   wait    from the guest's start until vCPU 0 has done its words
 *   kick    from the guest's start until vCPU 0 has been kicked after that; once it has done its
 *           words there is a step, as the console collects what comes within some milliseconds
 *   signal  from the first signal that the program takes until vCPU 0 has done its words
 */
#ifndef TESTS_CLI_FAKE_TIME_H
#define TESTS_CLI_FAKE_TIME_H

void fake_time_guest_starts(void);
void fake_time_signal_came(void);
void fake_time_words_are_done(void);
void fake_time_kick_came(void);

#endif
