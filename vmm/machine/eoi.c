/* SPDX-License-Identifier: BSD-2-Clause */
/* See eoi.h. */
#include "vmm/machine/eoi.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/machine/machine.h"

static void close_line(const struct eoi_line *line)
{
    if (line->unused_fd >= 0)
        close(line->unused_fd);
    if (line->eoi_fd >= 0)
        close(line->eoi_fd);
}

static int open_line(struct eoi_line *line, const struct irqchip *irqchip, unsigned gsi)
{
    int result;

    *line = (struct eoi_line){
        .gsi = gsi,
        .unused_fd = eventfd(0, EFD_CLOEXEC),
        .eoi_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    result = irqchip->ops->listen_for_eoi(irqchip->ctx, gsi, line->unused_fd, line->eoi_fd);
    if (result < 0)
        close_line(line);
    return result;
}

int eoi_open(struct eoi_notices *eoi, const struct board *board)
{
    *eoi = (struct eoi_notices){
        .wanted = board_eoi_gsis(board),
        .driven_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    if (eoi->driven_fd >= 0)
        return 0;
    log_error("eventfd: %s", strerror(errno));
    return -errno;
}

void eoi_close(struct eoi_notices *eoi)
{
    for (unsigned i = 0; i < eoi->count; i++)
        close_line(&eoi->lines[i]);
    close(eoi->driven_fd);
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

static void open_driven(struct eoi_notices *eoi, struct machine *machine)
{
    uint32_t driven;
    int result = 0;

    machine_lock(machine);
    driven = eoi->driven;
    eoi->driven = 0;
    machine_unlock(machine);
    for (unsigned gsi = 0; gsi < 32 && result == 0; gsi++)
        if ((driven & UINT32_C(1) << gsi) != 0) {
            result = open_line(&eoi->lines[eoi->count], &machine->irqchip, gsi);
            eoi->count += result == 0;
        }
    if (result < 0)
        log_info("KVM does not tell of EOIs (KVM_IRQFD: %s): guest time paces the ticks of PIT and "
                 "HPET that are made up for",
                 strerror(-result));
}

static void pass_on(const struct eoi_line *line, struct machine *machine)
{
    eventfd_t told;
    uint64_t now_ns;

    if (eventfd_read(line->eoi_fd, &told) < 0)
        return;
    now_ns = machine_lock(machine);
    board_eoi(&machine->board, now_ns, line->gsi, told);
    machine_unlock(machine);
}

void eoi_poll_prepare(const struct eoi_notices *eoi, struct pollfd *fds)
{
    fds[0] = (struct pollfd){.fd = eoi->driven_fd, .events = POLLIN};
    for (unsigned i = 0; i < BOARD_MAX_EOI_GSIS; i++)
        fds[1 + i] = (struct pollfd){
            .fd = i < eoi->count ? eoi->lines[i].eoi_fd : -1,
            .events = POLLIN,
        };
}

void eoi_poll_done(struct eoi_notices *eoi, const struct pollfd *fds, struct machine *machine)
{
    eventfd_t times;

    for (unsigned i = 0; i < BOARD_MAX_EOI_GSIS; i++)
        if (fds[1 + i].revents != 0)
            pass_on(&eoi->lines[i], machine);
    if (fds[0].revents != 0 && eventfd_read(eoi->driven_fd, &times) == 0)
        open_driven(eoi, machine);
}
