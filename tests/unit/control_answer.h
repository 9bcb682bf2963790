/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client of the control socket is answered, for tests of its commands. */
#ifndef TESTS_UNIT_CONTROL_ANSWER_H
#define TESTS_UNIT_CONTROL_ANSWER_H

struct control_target;

/* The answer to a request, a JSON object: with its keys sorted, in static memory. */
const char *control_answer(struct control_target *target, const char *request);

#endif
