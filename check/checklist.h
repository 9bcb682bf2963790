/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The questions that one asks first when a clock in a guest is wrong, answered from the probe's
 * report.
 */
#ifndef CHECK_CHECKLIST_H
#define CHECK_CHECKLIST_H

#include "guest-images/probe/report.h"

#define CHECKLIST_ANSWER_BYTES 240

enum checklist_item {
    CHECKLIST_APPLICATION, /* which clock an application reads */
    CHECKLIST_CHOICE,      /* what the kernel has chosen, and why */
    CHECKLIST_AVAILABLE,
    CHECKLIST_UNSTABLE, /* whether the kernel calls the TSC unstable */
    CHECKLIST_NTP,      /* whether NTP corrects the clock */
    CHECKLIST_MOVED,    /* whether the VM stopped or moved */
    CHECKLIST_PARAVIRT, /* whether the paravirtual clock is exposed */
    CHECKLIST_COUNT,
};

/* The answers, a line each. */
struct checklist {
    char answers[CHECKLIST_COUNT][CHECKLIST_ANSWER_BYTES];
};

/* The question of an item, in a few words. */
const char *checklist_question(enum checklist_item item);

/*
 * Answers all questions. Where the report does not tell, the answer is "not known: " and the
 * reason.
 */
void checklist_answer(const struct report *report, struct checklist *checklist);

#endif
