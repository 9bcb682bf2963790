/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults between a device and its interrupt line: which interrupts are lost, late or doubled, and
 * what still has to come. Pure: the caller knows the time and drives the lines.
 *
 * A rule is of one kind and one target. Each interrupt of the target is counted; those whose number
 * is a multiple of `every` are candidates, and of these a share is hit, chosen by the rule's own
 * generator (base/splitmix64.h), which moves with each candidate. What one rule does to an
 * interrupt changes no other rule's count or choice. Of several rules that hit one interrupt, a
 * lost one is lost whatever else is asked for, and a late one is doubled after it has come.
 *
 * A target is a global system interrupt, or a device: one interrupt has both, as a mask.
 */
#ifndef TIMELAB_DELIVERY_H
#define TIMELAB_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#define DELIVERY_RULES_MAX  16
#define DELIVERY_LATE_MAX   64
#define DELIVERY_STORMS_MAX 8

/* Targets are bits: GSI n is bit n. */
#define DELIVERY_GSIS 24
enum delivery_device {
    DELIVERY_PIT,
    DELIVERY_RTC,
    DELIVERY_HPET,
    DELIVERY_COM1,
    DELIVERY_COM2,
    DELIVERY_ACPI,
    DELIVERY_DEVICES,
};
#define DELIVERY_DEVICE_TARGET(device) (UINT32_C(1) << (DELIVERY_GSIS + (device)))

enum delivery_kind { DELIVERY_DROP, DELIVERY_DELAY, DELIVERY_DUP };

struct delivery_rule {
    enum delivery_kind kind;
    /* One bit; 0: this place is free. */
    uint32_t target;
    /* Candidates: 1 is each. */
    uint64_t every;
    /* Of the candidates, parts per million. */
    uint32_t share_ppm;
    /* How late, or how long after the first the second comes. */
    uint64_t by_ns;
    /* The seed at first. */
    uint64_t random;
    /* Interrupts that it has seen, and hit. */
    uint64_t seen;
    uint64_t hit;
};

/* What becomes of an interrupt. */
struct delivery_verdict {
    bool is_lost;
    /* 0: it comes now. */
    uint64_t late_ns;
    /* It comes once more, so long after the first time; 0: it does not. */
    uint64_t again_ns;
};

/* An interrupt that is still to come: a pulse of a line, or a message. */
struct delivery_late {
    uint64_t due_ns;
    bool is_message;
    unsigned gsi;
    uint32_t address;
    uint32_t data;
};

/* Pulses of a line: the n-th is due at since_ns + ceil(n * 1e9 / hz), n from 1. */
struct delivery_storm {
    /* 0: this place is free. */
    uint64_t hz;
    unsigned gsi;
    uint64_t since_ns;
    uint64_t next;
};

/* All zeros: everything is delivered as it is. */
struct delivery {
    struct delivery_rule rules[DELIVERY_RULES_MAX];
    struct delivery_storm storms[DELIVERY_STORMS_MAX];
    /* In the order of their times. */
    struct delivery_late late[DELIVERY_LATE_MAX];
    unsigned late_count;
};

/* A rule in place of one of its kind and target. False: there are DELIVERY_RULES_MAX others. */
bool delivery_add_rule(struct delivery *delivery, const struct delivery_rule *rule);
void delivery_remove_rule(struct delivery *delivery, enum delivery_kind kind, uint32_t target);

/* A storm in place of one on its line, from since_ns on. False: there are too many others. */
bool delivery_add_storm(struct delivery *delivery, unsigned gsi, uint64_t hz, uint64_t since_ns);
void delivery_remove_storm(struct delivery *delivery, unsigned gsi);

/* What becomes of an interrupt that has these targets. */
struct delivery_verdict delivery_decide(struct delivery *delivery, uint32_t targets);

/* It is to come later; one more than DELIVERY_LATE_MAX is lost: false. */
bool delivery_put_late(struct delivery *delivery, const struct delivery_late *late);

/* When delivery_take is to be called; TIME_NEVER_NS: nothing is to come. */
uint64_t delivery_next_ns(const struct delivery *delivery);

/*
 * Takes the first that is due at now_ns or before; false: nothing is. Of a storm's pulses that are
 * due together there is one: the line could hold no more.
 */
bool delivery_take(struct delivery *delivery, uint64_t now_ns, struct delivery_late *late);

/* Whether there is a rule, a storm, or something that is still to come. */
bool delivery_is_active(const struct delivery *delivery);

#endif
