/* SPDX-License-Identifier: BSD-2-Clause */
/* See migration_source.h. */
#include "vmm/machine/migration_source.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_math.h"
#include "snapshot/record.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_disk.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_save.h"

static const char no_log[] = "KVM does not say what the guest writes to";

bool migration_source_is_active(const struct migration_source *self)
{
    return self->status == MIGRATION_STATUS_SETUP || self->status == MIGRATION_STATUS_ACTIVE;
}

static void set_status(struct migration_source *self, enum migration_status status)
{
    self->status = status;
    machine_lock(self->machine);
    machine_event_post(self->machine, MACHINE_MIGRATION, false, status);
    machine_unlock(self->machine);
}

/* The guest is the target's, or nobody's. */
static bool is_gone(const struct migration_source *self)
{
    return self->phase == MIGRATION_PHASE_GOING && self->channel.out_done > 0;
}

void migration_source_look(struct migration_source *self)
{
    if (!migration_source_is_active(self))
        return;
    self->ended_ns = host_monotonic_ns();
    self->sent_bytes = self->channel.sent_bytes;
    self->left_pages = self->memory.left_pages;
    self->normal_pages = self->memory.normal_pages;
    self->zero_pages = self->memory.zero_pages;
    self->rounds = self->memory.round;
}

static void release(struct migration_source *self)
{
    migration_source_look(self);
    event_source_remove(&self->source);
    event_deadline_set(&self->patience, TIME_NEVER_NS);
    migration_channel_close(&self->channel);
    migration_memory_end(&self->memory);
    free(self->records.bytes);
    self->records = (struct note_writer){0};
}

/* The guest goes on before the log of its pages is switched off. */
static void go_on_here(struct migration_source *self)
{
    struct machine *machine = self->machine;

    if (machine->pause.is_moving) {
        machine->pause.is_moving = false;
        machine_resume_quietly(machine);
        self->follow_pause(self->ctx);
    }
}

/* False, for who returns it. */
static bool fail(struct migration_source *self, const char *reason)
{
    snprintf(self->error, sizeof self->error, "%s", reason);
    if (is_gone(self)) {
        machine_end(self->machine, EXIT_STATUS_HOST_ERROR,
                    "%s: %s before it said that the guest runs: it may run there, and does not "
                    "run here any more",
                    self->uri, reason);
    } else {
        go_on_here(self);
        log_error("%s: not migrated: %s; the guest goes on here", self->uri, reason);
    }
    release(self);
    set_status(self, MIGRATION_STATUS_FAILED);
    return false;
}

static void put(struct migration_source *self, enum migration_type type, const void *payload,
                size_t size_bytes)
{
    migration_channel_put(&self->channel, type, payload, (uint32_t)size_bytes);
}

/* So that the time left makes sense before a byte was sent, a byte counts as sent. */
static bool rest_is_small(const struct migration_source *self)
{
    uint64_t passed_ns = host_monotonic_ns() - self->begun_ns;
    uint64_t left_bytes = self->memory.left_pages * MIGRATION_PAGE_BYTES;

    return mul_div_floor(left_bytes, passed_ns, self->channel.sent_bytes + 1) <=
           MIGRATION_DOWNTIME_NS;
}

/* What the target still needs is in memory.left and in the records. */
static bool stop_guest(struct migration_source *self)
{
    struct machine *machine = self->machine;

    if (!machine_pause_quietly(machine))
        return fail(self, machine->pause.active ? "the guest is paused; resume it first"
                                                : "the run is ending");
    machine->pause.is_moving = true;
    self->stop_until_ns = host_monotonic_ns() + MIGRATION_STOP_MAX_NS;
    self->follow_pause(self->ctx);
    self->phase = MIGRATION_PHASE_REST;
    free(self->records.bytes);
    if (machine_save_records(machine, &self->records) < 0)
        return fail(self, "its state cannot be saved");
    return migration_memory_look(&self->memory, true) == 0 || fail(self, no_log);
}

/* A round is over: one more, or the rest. */
static bool begin_round(struct migration_source *self)
{
    uint64_t before = self->round_pages;

    if (migration_memory_look(&self->memory, false) < 0)
        return fail(self, no_log);
    self->round_pages = self->memory.left_pages;
    if (rest_is_small(self) || self->memory.round > MIGRATION_MAX_ROUNDS ||
        (self->memory.round > 2 && self->round_pages >= before))
        return stop_guest(self);
    return true;
}

/* In the rounds and in the rest: the next message. */
static bool put_next(struct migration_source *self)
{
    enum migration_type type;
    uint32_t size_bytes;

    while (!migration_memory_next(&self->memory, &type, &size_bytes)) {
        if (self->phase == MIGRATION_PHASE_REST) {
            put(self, MIGRATION_STATE, self->records.bytes, self->records.length_bytes);
            self->phase = MIGRATION_PHASE_LOADING;
            return true;
        }
        if (!begin_round(self))
            return false;
    }
    put(self, type, self->memory.payload, size_bytes);
    return true;
}

static bool sends_memory(const struct migration_source *self)
{
    return self->phase == MIGRATION_PHASE_ROUNDS || self->phase == MIGRATION_PHASE_REST;
}

static bool begin_memory(struct migration_source *self)
{
    if (migration_memory_begin(&self->memory, self->machine) < 0)
        return fail(self, no_log);
    self->phase = MIGRATION_PHASE_ROUNDS;
    self->round_pages = self->memory.left_pages;
    set_status(self, MIGRATION_STATUS_ACTIVE);
    return true;
}

static bool go(struct migration_source *self)
{
    self->phase = MIGRATION_PHASE_GOING;
    self->stop_until_ns = TIME_NEVER_NS;
    put(self, MIGRATION_GO, "", 0);
    return true;
}

static bool complete(struct migration_source *self)
{
    struct migration_running running = {0};

    if (self->channel.in.size_bytes == sizeof running)
        memcpy(&running, self->channel.in_payload, sizeof running);
    self->downtime_ns = running.downtime_ns;
    release(self);
    set_status(self, MIGRATION_STATUS_COMPLETED);
    machine_end_because(self->machine, MACHINE_ENDED_BY_QUIT, EXIT_STATUS_OK,
                        "migrated to %s, and ended; the guest stood still for %.6f ms", self->uri,
                        (double)self->downtime_ns / 1e6);
    return false;
}

/* What a stranger says of the reason is plain ASCII from here on. */
static bool be_refused(struct migration_source *self)
{
    const struct migration_head *head = &self->channel.in;
    char reason[MIGRATION_ERROR_SIZE];
    size_t length = 0;

    for (; length < head->size_bytes && length < sizeof reason - 1; length++) {
        uint8_t byte = self->channel.in_payload[length];

        reason[length] = byte < ' ' || byte > '~' ? '?' : (char)byte;
    }
    reason[length] = '\0';
    return fail(self, reason);
}

/* False: it is over. No answer is right to a message that is not all sent. */
static bool hear(struct migration_source *self)
{
    enum migration_type type = self->channel.in.type;
    bool answers = !self->channel.sends;

    if (type == MIGRATION_RUNNING && is_gone(self))
        return complete(self);
    if (type == MIGRATION_REFUSE)
        return be_refused(self);
    migration_channel_drop(&self->channel);
    if (answers && type == MIGRATION_ACCEPT && self->phase == MIGRATION_PHASE_GREETING)
        return begin_memory(self);
    if (answers && type == MIGRATION_READY && self->phase == MIGRATION_PHASE_LOADING)
        return go(self);
    return fail(self, "damaged: the target says what it should not say now");
}

static bool receive(struct migration_source *self)
{
    int result = migration_channel_receive(&self->channel);

    if (result < 0)
        return fail(self, self->channel.error);
    return result == 0 || hear(self);
}

/* A target that ends the connection may have said why. */
static bool send_on(struct migration_source *self)
{
    char error[MIGRATION_ERROR_SIZE];

    if (migration_channel_send(&self->channel) >= 0)
        return true;
    snprintf(error, sizeof error, "%s", self->channel.error);
    if (migration_channel_receive(&self->channel) == 1)
        return hear(self);
    return fail(self, error);
}

/* What is there once the target does its part. */
static short awaited_events(const struct migration_source *self)
{
    return POLLIN | (self->channel.sends || sends_memory(self) ? POLLOUT : 0);
}

static void be_patient(struct migration_source *self)
{
    uint64_t until_ns = host_monotonic_ns() + MIGRATION_PATIENCE_NS;

    event_deadline_set(&self->patience,
                       until_ns < self->stop_until_ns ? until_ns : self->stop_until_ns);
}

/* One message in a turn of the loop, so that others have theirs. */
static bool proceed(struct migration_source *self)
{
    if (!send_on(self))
        return false;
    if (!self->channel.sends && sends_memory(self) && (!put_next(self) || !send_on(self)))
        return false;
    event_source_wait_for(&self->source, awaited_events(self));
    be_patient(self);
    return true;
}

static void on_ready(void *ctx, short revents)
{
    struct migration_source *self = ctx;

    if ((revents & ~POLLOUT) == 0 || receive(self))
        proceed(self);
}

/* It may have been this process that made none: in a save, or stopped. The loop sees to it then. */
static void on_patience_over(void *ctx)
{
    struct migration_source *self = ctx;
    struct pollfd polled = {.fd = self->channel.fd, .events = awaited_events(self)};

    if (host_monotonic_ns() >= self->stop_until_ns)
        fail(self, "the guest has stood still for 60 s, and the target has not got everything");
    else if (poll(&polled, 1, 0) == 1)
        be_patient(self);
    else
        fail(self, "the target makes no progress");
}

int migration_source_attach(struct migration_source *self, struct machine *machine,
                            struct event_loop *loop, void (*follow_pause)(void *ctx), void *ctx)
{
    *self = (struct migration_source){
        .machine = machine,
        .loop = loop,
        .follow_pause = follow_pause,
        .ctx = ctx,
        .channel.fd = -1,
    };
    return event_deadline_add(loop, &self->patience, on_patience_over, self);
}

/* What machine is to be made; the rest follows when the guest stands still. */
static bool greet(struct migration_source *self)
{
    size_t capacity_bytes = migration_max_bytes(MIGRATION_HELLO);
    void *bytes = malloc(capacity_bytes);

    if (bytes == NULL)
        return fail(self, "out of memory");
    note_writer_init(&self->records, bytes, capacity_bytes);
    machine_save_config(self->machine, &self->records);
    put(self, MIGRATION_HELLO, bytes, self->records.length_bytes);
    return proceed(self);
}

bool migration_source_begin(struct migration_source *self, int fd, const char *uri)
{
    self->phase = MIGRATION_PHASE_GREETING;
    self->begun_ns = host_monotonic_ns();
    self->stop_until_ns = TIME_NEVER_NS;
    self->downtime_ns = 0;
    self->error[0] = '\0';
    snprintf(self->uri, sizeof self->uri, "%s", uri);
    set_status(self, MIGRATION_STATUS_SETUP);
    if (migration_channel_open(&self->channel, fd) < 0)
        return fail(self, self->channel.error);
    if (event_source_add(self->loop, &self->source, fd, POLLIN, on_ready, self) < 0)
        return fail(self, "too many clients; end one");
    if (machine_disk_is_written(self->machine))
        return fail(self, "the guest has a --disk that it writes, and one process alone may have "
                          "that file; ,ro disks can move");
    return greet(self);
}

bool migration_source_cancel(struct migration_source *self)
{
    if (!migration_source_is_active(self))
        return true;
    if (is_gone(self))
        return false;
    go_on_here(self);
    log_note("%s: the migration is cancelled; the guest goes on here", self->uri);
    release(self);
    set_status(self, MIGRATION_STATUS_CANCELLED);
    return true;
}

void migration_source_reset(struct migration_source *self)
{
    if (migration_source_is_active(self))
        fail(self, "the guest has reset");
}

void migration_source_end(struct migration_source *self)
{
    if (!migration_source_is_active(self))
        return;
    snprintf(self->error, sizeof self->error, "the run ends");
    if (is_gone(self))
        log_error("%s: %s before the target has said that the guest runs: it may run there",
                  self->uri, self->error);
    else
        log_error("%s: not migrated: %s", self->uri, self->error);
    release(self);
    set_status(self, MIGRATION_STATUS_FAILED);
}

void migration_source_close(struct migration_source *self)
{
    if (self->machine == NULL)
        return;
    if (migration_source_is_active(self))
        release(self);
    event_deadline_remove(&self->patience);
}
