/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a page of kvm-clock says beside the truth, on purpose: its vCPU's clock is behind a lens
 * (lens.h), which may jitter (jitter.h), or its flags are others.
 *
 * The lens is in system_time and in mul and shift. A publication at guest time G has system_time
 * L(G) and the scale times 1 + ppb / 1e9, to 32 significant bits, so the page is L to 2^-31 of
 * the time since, and to some nanoseconds. A clock that stands has mul 0. With a jitter the scale
 * is that of the line that J is on at G, so the page is to be published anew where that ends: later
 * by d, it is off by four parts of by_ns / every_ns of d. What is off then is made up for without a
 * step back, up to every_ns.
 *
 * Pure; times are guest time.
 */
#ifndef KVMCLOCK_PAGE_FAULT_H
#define KVMCLOCK_PAGE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/jitter.h"
#include "kvmclock/lens.h"
#include "kvmclock/pvclock.h"

/* All zeros: the page is right. */
struct page_fault {
    struct lens lens;
    /* The rate once it does not stand any more. */
    int64_t later_ppb;
    struct jitter jitter;
    /* What a guest can have read up to least_host_tsc, where the page's next function begins. */
    uint64_t least_ns;
    uint64_t least_host_tsc;
    /* For one publication: so much less. */
    uint64_t back_ns;
    bool is_lensed;
    bool stands;
    /* The version stays odd: nobody can read the page. */
    bool stays_odd;
    /* Of the page's flags. */
    uint8_t flags_set;
    uint8_t flags_cleared;
};

/* From guest_ns on, not before the lens's piece: another rate, which ends a stand; or it stands, or
 * goes on at the rate that it had. */
void page_fault_set_rate(struct page_fault *fault, uint64_t guest_ns, int64_t ppb);
void page_fault_stick(struct page_fault *fault, uint64_t guest_ns, bool stands);

/* The clock is later by so much from guest_ns on, or earlier. False, and nothing has changed: it
 * would be before 0, or beyond LENS_LATEST_NS. */
bool page_fault_step(struct page_fault *fault, uint64_t guest_ns, int64_t by_ns);

/* From guest_ns on another jitter, whose zero_ns is set here; with by_ns 0 it ends within every_ns
 * of the page's time. */
void page_fault_set_jitter(struct page_fault *fault, uint64_t guest_ns,
                           const struct jitter *jitter);

/* When, after guest_ns, the page is to be published because of its jitter; TIME_NEVER_NS. */
uint64_t page_fault_next_ns(const struct page_fault *fault, uint64_t guest_ns);

/* How far ahead of that a page can have been read, and is not taken back. */
uint64_t page_fault_slack_ns(const struct page_fault *fault);

/* What the page is to show at guest_ns. */
uint64_t page_fault_ns(const struct page_fault *fault, uint64_t guest_ns);

/* The scale of a page that is written at guest_ns, of one that is right. The page begins ahead_ns
 * ahead of what it is to show, and a second later it is there. */
struct pvclock_scale page_fault_scale(const struct page_fault *fault, uint64_t guest_ns,
                                      struct pvclock_scale scale, uint64_t ahead_ns);

/* The flags of the page, of one that is right. */
uint8_t page_fault_flags(const struct page_fault *fault, uint8_t flags);

#endif
