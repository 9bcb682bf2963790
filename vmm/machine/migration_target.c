/* SPDX-License-Identifier: BSD-2-Clause */
/* See migration_target.h. */
#include "vmm/machine/migration_target.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "snapshot/record.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/machine/machine_create.h"
#include "vmm/machine/restore_time.h"

#define TEXT_BYTES 256

/* One line, with the name of the source. A wait that the user has ended says nothing. */
static int fail(struct migration_target *target, int error, const char *line)
{
    if (error != -ECANCELED)
        log_error("%s: %s", target->request.name, line);
    return error;
}

/* 0 once the socket is there for the events, or -errno after an error line. */
static int await(struct migration_target *target, short events)
{
    int result = target->wait.until(target->wait.ctx, target->channel.fd, events, -1);

    return result < 0 ? fail(target, result, strerror(-result)) : 0;
}

/* Until it is done, or the socket or the user ends it; 0, or -errno after an error line. */
static int exchange(struct migration_target *target, short events,
                    int (*step)(struct migration_channel *channel))
{
    struct migration_channel *channel = &target->channel;
    int result = step(channel);

    while (result == 0) {
        result = await(target, events);
        if (result < 0)
            return result;
        result = step(channel);
    }
    return result < 0 ? fail(target, result, channel->error) : 0;
}

static int say(struct migration_target *target, enum migration_type type, const void *payload,
               uint32_t size_bytes)
{
    migration_channel_put(&target->channel, type, payload, size_bytes);
    return exchange(target, POLLOUT, migration_channel_send);
}

/* The next message, which is one of the two types. */
static int hear(struct migration_target *target, enum migration_type one, enum migration_type other)
{
    const struct migration_head *head = &target->channel.in;
    char bytes[TEXT_BYTES];
    struct text text;
    int result = exchange(target, POLLIN, migration_channel_receive);

    if (result < 0 || head->type == one || head->type == other)
        return result;
    text_init(&text, bytes, sizeof bytes);
    text_add(&text, "damaged: %s comes where %s should", migration_type_name(head->type),
             migration_type_name(one));
    return fail(target, -EINVAL, bytes);
}

/* It goes as far as it goes at once: a source that does not read gets no answer. */
static int refuse(struct migration_target *target, int error)
{
    static const char reason[] = "the target has refused the guest; its stderr says why";
    struct migration_channel *channel = &target->channel;

    if (!channel->sends) {
        migration_channel_put(channel, MIGRATION_REFUSE, reason, sizeof reason - 1);
        migration_channel_send(channel);
    }
    migration_channel_close(channel);
    return error;
}

static int read_hello(struct migration_target *target)
{
    const struct migration_channel *channel = &target->channel;
    char bytes[TEXT_BYTES], wrong[TEXT_BYTES];
    struct record record;
    struct text error;

    text_init(&error, bytes, sizeof bytes);
    if (!record_stream_validate(channel->in_payload, channel->in.size_bytes, &error))
        return fail(target, -EINVAL, bytes);
    if (!record_find(channel->in_payload, channel->in.size_bytes, RECORD_CONFIG, 0, &record) ||
        !machine_config_take(&target->config, record.bytes, record.size_bytes))
        return fail(target, -EINVAL, "damaged: it does not say what machine comes");
    if (machine_config_validate(&target->config, wrong, sizeof wrong))
        return 0;
    text_add(&error, "its configuration: %s", wrong);
    return fail(target, -EINVAL, bytes);
}

/* The machine is there, and nothing is in it. */
static int greet(struct migration_target *target, struct machine *machine,
                 const struct host_options *host, const struct clock_bracket *start)
{
    int result = hear(target, MIGRATION_HELLO, MIGRATION_HELLO);

    if (result == 0)
        result = read_hello(target);
    if (result < 0)
        return result;
    migration_channel_drop(&target->channel);
    return machine_restore_begin(machine, &target->config, host, &target->request, start);
}

/* The user can end it also where the source never pauses. */
static int hear_of_memory(struct migration_target *target)
{
    int result = await(target, POLLIN);

    return result == 0 ? exchange(target, POLLIN, migration_channel_receive) : result;
}

static int receive_memory(struct migration_target *target, const struct machine *machine)
{
    struct migration_channel *channel = &target->channel;
    char bytes[TEXT_BYTES];
    struct text error;
    int result = hear_of_memory(target);

    text_init(&error, bytes, sizeof bytes);
    while (result == 0 && channel->in.type != MIGRATION_STATE) {
        if (channel->in.type != MIGRATION_PAGES && channel->in.type != MIGRATION_ZEROS)
            return hear(target, MIGRATION_PAGES, MIGRATION_STATE);
        if (!migration_apply_pages(&channel->in, channel->in_payload, &machine->memory, &error))
            return fail(target, -EINVAL, bytes);
        migration_channel_drop(channel);
        result = hear_of_memory(target);
    }
    return result;
}

/* The records are the target's from here on. */
static int read_state(struct migration_target *target)
{
    struct migration_channel *channel = &target->channel;
    uint32_t size_bytes = channel->in.size_bytes;
    char bytes[TEXT_BYTES];
    struct text error;

    target->records = channel->in_payload;
    channel->in_payload = NULL;
    migration_channel_drop(channel);
    text_init(&error, bytes, sizeof bytes);
    if (!record_stream_validate(target->records, size_bytes, &error) ||
        !machine_image_read(&target->image, target->records, size_bytes, &error))
        return fail(target, -EINVAL, bytes);
    if (memcmp(&target->image.config, &target->config, sizeof target->config) != 0)
        return fail(target, -EINVAL, "damaged: another machine comes than was said at first");
    return 0;
}

/* machine_restore_load undoes the machine by itself. */
static int take_over(struct migration_target *target, struct machine *machine)
{
    int result = say(target, MIGRATION_ACCEPT, "", 0);

    if (result == 0)
        result = receive_memory(target, machine);
    if (result == 0)
        result = read_state(target);
    if (result < 0) {
        machine_create_undo(machine);
        return result;
    }
    return machine_restore_load(machine, &target->image, &target->request, &target->gap);
}

int migration_target_receive(struct migration_target *target, int fd, struct machine *machine,
                             const struct host_options *host, const struct clock_bracket *start)
{
    int result = migration_channel_open(&target->channel, fd);

    if (result < 0)
        return fail(target, result, target->channel.error);
    target->request.memory.fd = -1;
    target->request.is_the_same = true;
    result = greet(target, machine, host, start);
    if (result == 0)
        result = take_over(target, machine);
    return result < 0 ? refuse(target, result) : 0;
}

/* From the cut to now. Between two hosts it is as exact as their clocks are equal. */
static uint64_t downtime_ns(const struct migration_target *target, const struct machine *machine)
{
    uint64_t here_ns = dilation_host_ns(
        machine->config->time_rate,
        pvclock_scale_ns(machine->timebase.scale, host_tsc() - machine->cut.taken.host_tsc));

    return target->gap.same_boot       ? here_ns
           : target->gap.passed_ns > 0 ? here_ns + (uint64_t)target->gap.passed_ns
                                       : here_ns;
}

int migration_target_go(struct migration_target *target, struct machine *machine)
{
    int result = say(target, MIGRATION_READY, "", 0);

    if (result == 0)
        result = hear(target, MIGRATION_GO, MIGRATION_GO);
    if (result < 0)
        return refuse(target, result);
    migration_channel_drop(&target->channel);
    return restore_time_go_on(machine, &target->request, &target->gap);
}

void migration_target_tell_running(struct migration_target *target, const struct machine *machine)
{
    const struct migration_running running = {.downtime_ns = downtime_ns(target, machine)};

    migration_channel_put(&target->channel, MIGRATION_RUNNING, &running, sizeof running);
    migration_channel_send(&target->channel);
    migration_channel_close(&target->channel);
    log_note("%s: the guest runs here; it stood still for %.6f ms", target->request.name,
             (double)running.downtime_ns / 1e6);
}

void migration_target_release(struct migration_target *target)
{
    migration_channel_close(&target->channel);
    free(target->records);
    target->records = NULL;
}
