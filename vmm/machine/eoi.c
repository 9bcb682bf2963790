/* SPDX-License-Identifier: BSD-2-Clause */
/* See eoi.h. */
#include "vmm/machine/eoi.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

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
    close_if_open(eoi->driven_fd);
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
        .driven_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    open = eoi->driven_fd >= 0;
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
    eventfd_write(eoi->driven_fd, 1);
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

static int listen_to(struct eoi_line *line)
{
    const struct irqchip *irqchip = &line->machine->irqchip;
    int result =
        irqchip->ops->listen_for_eoi(irqchip->ctx, line->gsi, line->unused_fd, line->eoi_fd);

    line->is_listening = result == 0;
    if (result == 0)
        event_source_wait_for(&line->source, POLLIN);
    return result;
}

static void say_deaf(int result)
{
    log_info("KVM does not tell of EOIs (KVM_IRQFD: %s): guest time paces the ticks of PIT and "
             "HPET that are made up for",
             strerror(-result));
}

static int listen_to_all(struct eoi_notices *eoi, uint32_t gsis)
{
    int result = 0;

    for (unsigned i = 0; i < eoi->count && result == 0; i++)
        if (has_bit(gsis, eoi->lines[i].gsi))
            result = listen_to(&eoi->lines[i]);
    return result;
}

static void on_driven(void *ctx, short revents)
{
    struct machine *machine = ctx;
    struct eoi_notices *eoi = &machine->eoi;
    eventfd_t times;
    uint32_t driven;
    int result;

    (void)revents;
    if (eventfd_read(eoi->driven_fd, &times) < 0)
        return;
    driven = take_driven(machine);
    result = listen_to_all(eoi, driven);
    if (result < 0)
        say_deaf(result);
}

static void on_eoi(void *ctx, short revents)
{
    struct eoi_line *line = ctx;
    eventfd_t told;
    uint64_t now_ns;

    (void)revents;
    if (eventfd_read(line->eoi_fd, &told) < 0)
        return;
    now_ns = machine_lock(line->machine);
    board_eoi(&line->machine->board, now_ns, line->gsi, told);
    machine_unlock(line->machine);
}

void eoi_take_all(struct machine *machine)
{
    struct eoi_notices *eoi = &machine->eoi;
    eventfd_t told;

    for (unsigned i = 0; i < eoi->count; i++)
        if (eoi->lines[i].is_listening && eventfd_read(eoi->lines[i].eoi_fd, &told) == 0)
            board_eoi(&machine->board, machine_now(machine), eoi->lines[i].gsi, told);
}

uint32_t eoi_driven_gsis(const struct machine *machine)
{
    return board_eoi_gsis(&machine->board) & ~machine->eoi.wanted;
}

void eoi_restore(struct machine *machine, uint32_t gsis)
{
    struct eoi_notices *eoi = &machine->eoi;
    int result;

    gsis &= eoi->wanted;
    eoi->wanted &= ~gsis;
    result = listen_to_all(eoi, gsis);
    if (result < 0)
        say_deaf(result);
}

int eoi_attach(struct eoi_notices *eoi, struct event_loop *loop, struct machine *machine)
{
    int result = 0;

    for (unsigned i = 0; i < eoi->count && result == 0; i++)
        result = event_source_add(loop, &eoi->lines[i].source, eoi->lines[i].eoi_fd,
                                  eoi->lines[i].is_listening ? POLLIN : 0, on_eoi, &eoi->lines[i]);
    if (result == 0)
        result =
            event_source_add(loop, &eoi->driven_source, eoi->driven_fd, POLLIN, on_driven, machine);
    return result;
}
