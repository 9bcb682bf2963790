/* SPDX-License-Identifier: BSD-2-Clause */
/* See machine_sleep.h. */
#include "vmm/machine/machine_sleep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "boot/acpi_tables.h"
#include "boot/layout.h"
#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/kvm/lapic_timer.h"
#include "vmm/kvm/vcpu_reset.h"
#include "vmm/machine/guest_end.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_event.h"
#include "vmm/machine/machine_timers.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/machine_tsc_write.h"
#include "vmm/machine/machine_vmclock.h"
#include "vmm/machine/quiesce.h"
#include "vmm/machine/vcpu_firmware.h"

/* Real mode reaches no further. */
#define WAKING_VECTOR_END 0x100000

/* By enum board_device: what goes on while the machine sleeps. */
static const bool has_power[BOARD_DEVICES] = {
    [BOARD_RTC] = true,
    [BOARD_PM] = true,
    [BOARD_TSC] = true,
    [BOARD_VMCLOCK] = true,
};

int machine_sleep_open(struct machine *machine)
{
    struct machine_sleep *sleep = &machine->sleep;

    sleep->fd = -1;
    if (machine->config->s3 == S3_OFF)
        return 0;
    sleep->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (sleep->fd >= 0)
        return 0;
    log_error("eventfd: %s", strerror(errno));
    return -errno;
}

void machine_sleep_close(struct machine *machine)
{
    if (machine->sleep.fd >= 0)
        close(machine->sleep.fd);
    machine->sleep.fd = -1;
}

/* A vCPU that asks runs, whatever a snapshot has said of it. */
void machine_sleep_ask(struct machine *machine)
{
    machine->sleep.has_begun = false;
    quiesce_keep_out(machine);
    machine_sleep_notify(machine);
}

void machine_sleep_notify(struct machine *machine)
{
    eventfd_write(machine->sleep.fd, 1);
}

bool machine_sleep_is_asleep(const struct machine *machine)
{
    return machine->board.pm.state.asleep;
}

static void lose_output(struct console *console, const struct serial *serial)
{
    console_lose_output(console, serial->state.tx.count);
}

static void reset_devices(struct machine *machine)
{
    uint64_t now_ns = machine_now_to_change(machine);
    struct board *board = &machine->board;

    machine_run_timers(machine, now_ns);
    lose_output(&machine->console, &board->com1);
    lose_output(&machine->report, &board->com2);
    for (unsigned i = 0; i < BOARD_DEVICES; i++) {
        struct device *dev = board->devices[i];

        if (dev == NULL || has_power[i])
            continue;
        if (i < BOARD_LENSES && board_clock_is_lensed(board, i))
            dev = &board->lenses[i].dev;
        dev->ops->reset(dev, now_ns);
    }
}

/* The I/O APIC has lost what it knew of the line; the PM block keeps it high. */
static bool is_sci(const void *board, unsigned gsi)
{
    return gsi == ((const struct board *)board)->sci.gsi;
}

static int reset_irqchip(struct machine *machine)
{
    const struct irqchip *irqchip = &machine->irqchip;
    struct irqchip_state state;
    int result = irqchip->ops->save(irqchip->ctx, &state);

    if (result < 0)
        return result;
    irqchip_state_reset(&state);
    result = irqchip->ops->load(irqchip->ctx, &state);
    board_drive_levels(&machine->board, is_sci, &machine->board);
    return result;
}

static int reset_vcpu(struct machine *machine, struct vcpu *vcpu,
                      const struct vcpu_state_kind *kind, struct vcpu_state *state)
{
    int result = vcpu_state_get(vcpu->fd, kind, state);

    if (result < 0)
        return result;
    vcpu_state_reset(state, vcpu->index);
    if (machine->kvm.tsc_deadline)
        result = kvm_vcpu_set_msr(vcpu->fd, MSR_TSC_DEADLINE, 0);
    if (result == 0)
        result = vcpu_state_set(vcpu->fd, vcpu->index, kind, state);
    return result == 0 ? vcpu_firmware_set_msrs(vcpu) : result;
}

static int reset_vcpus(struct machine *machine)
{
    struct vcpu_state *state = malloc(sizeof *state);
    struct vcpu_state_kind kind;
    int result = -ENOMEM;

    if (state == NULL)
        log_error("out of memory");
    else
        result = vcpu_state_ask(&machine->kvm, machine->config->kvmclock == KVMCLOCK_KERNEL, &kind);
    for (unsigned i = 0; result == 0 && i < machine->config->cpu_count; i++)
        result = reset_vcpu(machine, &machine->vcpus[i], &kind, state);
    free(state);
    return result;
}

static void end_if_failed(struct machine *machine, int result, const char *what)
{
    if (result < 0)
        machine_end(machine, EXIT_STATUS_HOST_ERROR, "the guest could not be %s", what);
}

void machine_sleep_enter(struct machine *machine)
{
    int result;

    if (!machine_sleep_is_asleep(machine) || machine->sleep.has_begun)
        return;
    machine->sleep.has_begun = true;
    reset_devices(machine);
    result = reset_vcpus(machine);
    if (result == 0)
        result = reset_irqchip(machine);
    end_if_failed(machine, result, "put to sleep");
    log_info("the guest sleeps (S3)");
    machine_event_post(machine, MACHINE_SLEEPS, true, 0);
}

/* Each TSC is 0 at one instant, so those of one rate stay one. */
static void reset_tscs(struct machine *machine)
{
    uint64_t now_tsc = host_tsc();
    struct guest_tsc tsc;

    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        if (!machine_tsc_tell(machine, i, &tsc))
            return;
        tsc = guest_tsc_set(&tsc, now_tsc, 0);
        machine_tsc_set(machine, i, &tsc, 0);
        machine->board.tsc.state.adjust[i] = 0;
    }
    machine_vmclock_tsc_written(machine);
}

static int begin_at(struct machine *machine, uint32_t gpa)
{
    int fd = machine->vcpus[0].fd;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    int result = kvm_vcpu_get_sregs(fd, &sregs);

    if (result == 0) {
        vcpu_registers_at(&regs, &sregs, gpa);
        result = kvm_vcpu_set_mp_state(fd, KVM_MP_STATE_RUNNABLE);
    }
    if (result == 0)
        result = kvm_vcpu_set_sregs(fd, &sregs);
    if (result == 0)
        result = kvm_vcpu_set_regs(fd, &regs);
    return result == 0 ? vcpu_firmware_set_lapic(fd) : result;
}

static uint32_t waking_vector(const struct machine *machine)
{
    const uint8_t *tables = guest_mem_at(&machine->memory, LAYOUT_ACPI_GPA, ACPI_FACS_END_BYTES);

    return tables == NULL ? 0 : acpi_waking_vector(tables);
}

static void wake(struct machine *machine)
{
    uint32_t gpa = waking_vector(machine);

    machine->sleep.has_begun = machine->sleep.wake_is_asked = false;
    acpi_pm_wake(&machine->board.pm,
                 board_clock_ns(&machine->board, BOARD_PM, machine_now(machine)));
    board_clock_follow(&machine->board, BOARD_PM);
    machine_event_post(machine, MACHINE_WAKES, false, 0);
    if (gpa == 0 || gpa >= WAKING_VECTOR_END) {
        log_note("the guest slept and has given no waking vector below 1 MiB: it is reset");
        guest_end_reset(machine);
        return;
    }
    if (machine->config->s3 == S3_TSC_RESET && machine_tsc_offsets_work(machine))
        reset_tscs(machine);
    end_if_failed(machine, begin_at(machine, gpa), "woken");
    log_info("the guest wakes");
}

/* Of a machine that is restored all vCPUs sleep already. */
void machine_sleep_restore(struct machine *machine, bool wake_is_asked)
{
    struct machine_sleep *sleep = &machine->sleep;

    sleep->has_begun = machine_sleep_is_asleep(machine);
    sleep->wake_is_asked = wake_is_asked && sleep->has_begun && sleep->fd >= 0;
    if (sleep->wake_is_asked)
        machine_sleep_notify(machine);
}

bool machine_sleep_wake(struct machine *machine)
{
    bool sleeps;

    machine_lock(machine);
    sleeps = machine_sleep_is_asleep(machine);
    machine->sleep.wake_is_asked = sleeps;
    machine_unlock(machine);
    if (sleeps)
        machine_sleep_step(machine);
    return sleeps;
}

static bool wake_is_due(const struct machine *machine)
{
    return acpi_pm_wants_wake(&machine->board.pm) || machine->sleep.wake_is_asked;
}

static bool something_is_due(const struct machine *machine)
{
    return machine_sleep_is_asleep(machine) && !machine->pause.active &&
           (!machine->sleep.has_begun || wake_is_due(machine));
}

void machine_sleep_step(struct machine *machine)
{
    eventfd_t ignored;

    eventfd_read(machine->sleep.fd, &ignored);
    machine_lock(machine);
    if (something_is_due(machine) && quiesce_hold(machine)) {
        machine_sleep_enter(machine);
        if (wake_is_due(machine) && !machine_is_ending(machine))
            wake(machine);
        quiesce_let_go(machine);
    }
    machine_unlock(machine);
}
