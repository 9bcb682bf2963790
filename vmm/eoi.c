/* See eoi.h. */
#include "vmm/eoi.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/log.h"
#include "vmm/machine.h"

static void close_line(const struct eoi_line *line)
{
    if (line->unused_fd >= 0)
        close(line->unused_fd);
    if (line->eoi_fd >= 0)
        close(line->eoi_fd);
}

static int open_line(struct eoi_line *line, struct machine *machine, unsigned gsi)
{
    int result;

    *line = (struct eoi_line){
        .gsi = gsi,
        .unused_fd = eventfd(0, EFD_CLOEXEC),
        .eoi_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    result = kvm_tell_eoi(&machine->kvm, gsi, line->unused_fd, line->eoi_fd);
    if (result < 0)
        close_line(line);
    return result;
}

void eoi_open(struct eoi_notices *eoi, struct machine *machine)
{
    unsigned gsis[BOARD_MAX_EOI_GSIS];
    unsigned wanted = board_eoi_gsis(&machine->board, gsis);
    int result = 0;

    eoi->count = 0;
    while (result == 0 && eoi->count < wanted) {
        result = open_line(&eoi->lines[eoi->count], machine, gsis[eoi->count]);
        eoi->count += result == 0;
    }
    if (result < 0)
        log_info("KVM does not tell of EOIs (KVM_IRQFD: %s): guest time paces the ticks of PIT and "
                 "HPET that are made up for",
                 strerror(-result));
}

void eoi_close(struct eoi_notices *eoi)
{
    for (unsigned i = 0; i < eoi->count; i++)
        close_line(&eoi->lines[i]);
    eoi->count = 0;
}

void eoi_poll_prepare(const struct eoi_notices *eoi, struct pollfd *fds)
{
    for (unsigned i = 0; i < EOI_POLL_FDS; i++)
        fds[i] = (struct pollfd){
            .fd = i < eoi->count ? eoi->lines[i].eoi_fd : -1,
            .events = POLLIN,
        };
}

void eoi_poll_done(const struct eoi_notices *eoi, const struct pollfd *fds, struct machine *machine)
{
    for (unsigned i = 0; i < eoi->count; i++) {
        eventfd_t told;
        uint64_t now_ns;

        if (fds[i].revents == 0 || eventfd_read(eoi->lines[i].eoi_fd, &told) < 0)
            continue;
        now_ns = machine_lock(machine);
        board_eoi(&machine->board, now_ns, eoi->lines[i].gsi);
        machine_unlock(machine);
    }
}
