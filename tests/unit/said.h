/* SPDX-License-Identifier: BSD-2-Clause */
/* What the program says on stderr, for the tests of it. */
#ifndef TESTS_UNIT_SAID_H
#define TESTS_UNIT_SAID_H

/* From now on stderr is kept; until said_end. */
void said_begin(void);
void said_end(void);

/* What has been said since the last call. */
const char *said(void);

#endif
