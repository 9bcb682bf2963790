/* SPDX-License-Identifier: BSD-2-Clause */
/* See eoi.h. */
#include "vmm/machine/eoi.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_trace.h"

static bool has_bit(uint32_t gsis, unsigned gsi)
{
    return (gsis & UINT32_C(1) << gsi) != 0;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void eoi_close(struct eoi_notices *eoi)
{
    for (unsigned i = 0; i < eoi->count; i++) {
        close_if_open(eoi->lines[i].unused_fd);
        close_if_open(eoi->lines[i].eoi_fd);
    }
    close_if_open(eoi->changed_fd);
}

static bool open_line(struct eoi_line *line, struct machine *machine, unsigned gsi)
{
    *line = (struct eoi_line){
        .machine = machine,
        .gsi = gsi,
        .unused_fd = eventfd(0, EFD_CLOEXEC),
        .eoi_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    return line->unused_fd >= 0 && line->eoi_fd >= 0;
}

int eoi_open(struct machine *machine)
{
    struct eoi_notices *eoi = &machine->eoi;
    bool open;
    int error;

    *eoi = (struct eoi_notices){
        .wanted = board_eoi_gsis(&machine->board),
        .changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    open = eoi->changed_fd >= 0;
    for (unsigned gsi = 0; gsi < 32 && open; gsi++)
        if (has_bit(eoi->wanted, gsi))
            open = open_line(&eoi->lines[eoi->count++], machine, gsi);
    if (open)
        return 0;
    error = errno;
    log_error("eventfd: %s", strerror(error));
    eoi_close(eoi);
    return -error;
}

void eoi_line_driven(struct eoi_notices *eoi, unsigned gsi)
{
    uint32_t bit = UINT32_C(1) << gsi;

    if ((eoi->wanted & bit) == 0)
        return;
    eoi->wanted &= ~bit;
    eoi->driven |= bit;
    eventfd_write(eoi->changed_fd, 1);
}

static uint32_t take_driven(struct machine *machine)
{
    uint32_t driven;

    machine_lock(machine);
    driven = machine->eoi.driven;
    machine->eoi.driven = 0;
    machine_unlock(machine);
    return driven;
}

static void say_deaf(int result)
{
    log_info("KVM does not tell of EOIs (KVM_IRQFD: %s): guest time paces the ticks of PIT and "
             "HPET that are made up for",
             strerror(-result));
}

/* Of these GSIs; returns those that are listened to from now on. */
static uint32_t listen_to(struct eoi_notices *eoi, uint32_t gsis)
{
    uint32_t listening = 0;
    int result = 0;

    for (unsigned i = 0; i < eoi->count && result == 0; i++) {
        const struct eoi_line *line = &eoi->lines[i];
        const struct irqchip *irqchip = &line->machine->irqchip;

        if (!has_bit(gsis, line->gsi))
            continue;
        result =
            irqchip->ops->listen_for_eoi(irqchip->ctx, line->gsi, line->unused_fd, line->eoi_fd);
        if (result == 0)
            listening |= UINT32_C(1) << line->gsi;
    }
    if (result < 0)
        say_deaf(result);
    return listening;
}

static void set_listening(struct eoi_notices *eoi, const struct board *board, uint32_t gsis)
{
    for (unsigned i = 0; i < eoi->count; i++) {
        struct eoi_line *line = &eoi->lines[i];

        if (!has_bit(gsis, line->gsi))
            continue;
        line->is_listening = true;
        line->is_waited_for = board_waits_for_eoi(board, line->gsi);
    }
}

/* Under the lock: the loop waits for those lines that are to be waited for. */
static void wait_as_asked(struct eoi_notices *eoi)
{
    for (unsigned i = 0; i < eoi->count; i++)
        event_source_wait_for(&eoi->lines[i].source, eoi->lines[i].is_waited_for ? POLLIN : 0);
}

void eoi_begin_again(struct machine *machine)
{
    struct eoi_notices *eoi = &machine->eoi;
    eventfd_t told;

    eoi->wanted = board_eoi_gsis(&machine->board);
    eoi->driven = 0;
    for (unsigned i = 0; i < eoi->count; i++) {
        struct eoi_line *line = &eoi->lines[i];

        line->is_listening = line->is_waited_for = false;
        eventfd_read(line->eoi_fd, &told);
    }
    wait_as_asked(eoi);
}

static void on_changed(void *ctx, short revents)
{
    struct machine *machine = ctx;
    struct eoi_notices *eoi = &machine->eoi;
    eventfd_t times;
    uint32_t listening;

    (void)revents;
    if (eventfd_read(eoi->changed_fd, &times) < 0)
        return;
    listening = listen_to(eoi, take_driven(machine));
    machine_lock(machine);
    set_listening(eoi, &machine->board, listening);
    wait_as_asked(eoi);
    machine_unlock(machine);
}

static void take(struct eoi_line *line, uint64_t now_ns)
{
    eventfd_t told;

    if (!line->is_listening || eventfd_read(line->eoi_fd, &told) != 0)
        return;
    if (line->machine->trace != NULL)
        machine_trace_eoi(line->machine, line->gsi, told);
    board_eoi(&line->machine->board, now_ns, line->gsi, told);
}

static void on_eoi(void *ctx, short revents)
{
    struct eoi_line *line = ctx;
    struct machine *machine = line->machine;
    uint64_t now_ns;

    (void)revents;
    now_ns = machine_lock(machine);
    take(line, now_ns);
    line->is_waited_for = board_waits_for_eoi(&machine->board, line->gsi);
    wait_as_asked(&machine->eoi);
    machine_unlock(machine);
}

void eoi_take_all(struct eoi_notices *eoi, uint64_t now_ns)
{
    for (unsigned i = 0; i < eoi->count; i++)
        take(&eoi->lines[i], now_ns);
}

void eoi_ticks_sent(struct eoi_notices *eoi, const struct board *board)
{
    bool changed = false;

    for (unsigned i = 0; i < eoi->count; i++) {
        struct eoi_line *line = &eoi->lines[i];

        if (line->is_listening && !line->is_waited_for && board_waits_for_eoi(board, line->gsi))
            changed = line->is_waited_for = true;
    }
    if (changed)
        eventfd_write(eoi->changed_fd, 1);
}

uint32_t eoi_driven_gsis(const struct machine *machine)
{
    return board_eoi_gsis(&machine->board) & ~machine->eoi.wanted;
}

void eoi_restore(struct machine *machine, uint32_t gsis)
{
    struct eoi_notices *eoi = &machine->eoi;

    gsis &= eoi->wanted;
    eoi->wanted &= ~gsis;
    set_listening(eoi, &machine->board, listen_to(eoi, gsis));
}

int eoi_attach(struct eoi_notices *eoi, struct event_loop *loop, struct machine *machine)
{
    int result = 0;

    for (unsigned i = 0; i < eoi->count && result == 0; i++)
        result = event_source_add(loop, &eoi->lines[i].source, eoi->lines[i].eoi_fd,
                                  eoi->lines[i].is_waited_for ? POLLIN : 0, on_eoi, &eoi->lines[i]);
    if (result == 0)
        result = event_source_add(loop, &eoi->changed_source, eoi->changed_fd, POLLIN, on_changed,
                                  machine);
    return result;
}
