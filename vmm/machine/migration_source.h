/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that moves to another process, as the one sees it in which it runs. The messages are
 * those of snapshot/migration_message.h; migration_target.h is the other end.
 *
 * Memory first, by rounds, while the guest runs: until what is left takes no longer than
 * MIGRATION_DOWNTIME_NS, or rounds make it no less, or there were MIGRATION_MAX_ROUNDS. Then the
 * guest is paused, the rest follows, and the target says that it has everything.
 *
 * Then the source says "go", and from the first byte of it that the socket takes the guest never
 * runs here again: the run ends, with status 0 once the target has said that the guest runs there.
 * If that does not come, the guest may run there or nowhere, and the status is that of an error.
 * Until then any failure, and migrate-cancel, lets the guest go on here: for it, there was a pause
 * at most. A target that makes no progress for MIGRATION_PATIENCE_NS has failed, unless it waits
 * for us: a snapshot in the rounds may take longer. So has one that has not got everything once the
 * guest has stood still for MIGRATION_STOP_MAX_NS, however steadily it takes bytes.
 *
 * While a migration has paused the guest, nobody else resumes it: pause.is_moving.
 *
 * All of it is the main thread's, in its event loop, without the lock.
 */
#ifndef VMM_MACHINE_MIGRATION_SOURCE_H
#define VMM_MACHINE_MIGRATION_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot/note.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/migration_channel.h"
#include "vmm/machine/migration_memory.h"

#define MIGRATION_DOWNTIME_NS UINT64_C(10000000)
#define MIGRATION_MAX_ROUNDS  16
#define MIGRATION_PATIENCE_NS UINT64_C(20000000000)
#define MIGRATION_STOP_MAX_NS UINT64_C(60000000000)
#define MIGRATION_URI_SIZE    1024

struct machine;

/* QEMU's MigrationStatus, as far as it is of use here. */
enum migration_status {
    MIGRATION_STATUS_NONE,
    MIGRATION_STATUS_SETUP,
    MIGRATION_STATUS_ACTIVE,
    MIGRATION_STATUS_COMPLETED,
    MIGRATION_STATUS_FAILED,
    MIGRATION_STATUS_CANCELLED,
};

/* What is done next. */
enum migration_phase {
    MIGRATION_PHASE_GREETING, /* HELLO is sent, ACCEPT awaited */
    MIGRATION_PHASE_ROUNDS,   /* the guest runs */
    MIGRATION_PHASE_REST,     /* it is paused: memory, then the state */
    MIGRATION_PHASE_LOADING,  /* READY is awaited */
    MIGRATION_PHASE_GOING,    /* GO is sent, RUNNING awaited */
};

struct migration_source {
    struct machine *machine;
    struct event_loop *loop;
    /* Called after each change of the pause. */
    void (*follow_pause)(void *ctx);
    void *ctx;

    enum migration_status status;
    /* Below, only while the status is SETUP or ACTIVE. */
    enum migration_phase phase;
    struct migration_channel channel;
    struct event_source source;
    struct event_deadline patience;
    /* The guest goes on here then, by CLOCK_MONOTONIC; TIME_NEVER_NS while it runs, or is gone. */
    uint64_t stop_until_ns;
    struct migration_memory memory;
    /* Of this round, at its beginning. */
    uint64_t round_pages;
    struct note_writer records;

    /* Of the migration that is under way, or of the last one. */
    char uri[MIGRATION_URI_SIZE];
    char error[MIGRATION_ERROR_SIZE];
    uint64_t begun_ns;
    uint64_t ended_ns;
    uint64_t downtime_ns;
    uint64_t sent_bytes;
    uint64_t left_pages;
    uint64_t normal_pages;
    uint64_t zero_pages;
    unsigned rounds;
};

/* 0, or -ENOSPC if the loop is full. Nothing is under way. */
int migration_source_attach(struct migration_source *self, struct machine *machine,
                            struct event_loop *loop, void (*follow_pause)(void *ctx), void *ctx);

/* Brings the figures below up to now. */
void migration_source_look(struct migration_source *self);

bool migration_source_is_active(const struct migration_source *self);

/*
 * Begins: the guest runs, and nothing else is under way. fd is a connected socket, the callee's.
 * False if it has failed already, after an error line.
 */
bool migration_source_begin(struct migration_source *self, int fd, const char *uri);

/* Ends it, and the guest goes on here. Nothing if none is under way; false once it is too late. */
bool migration_source_cancel(struct migration_source *self);

/* The machine is about to become another one, by a reset: it ends, as by a failure. */
void migration_source_reset(struct migration_source *self);

/* The run has ended: nothing more is sent, and a line says what that is for the guest. */
void migration_source_end(struct migration_source *self);

/* Once the loop runs no more. Harmless if it was never attached, and is all zeros. */
void migration_source_close(struct migration_source *self);

#endif
