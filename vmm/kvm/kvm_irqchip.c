/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvm_irqchip.h. */
#include "vmm/kvm/kvm_irqchip.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/host/log.h"
#include "vmm/kvm/kvm_call.h"

#define TSS_ADDRESS 0xfffbd000
#define IOAPIC_PINS 24
#define PIC_INPUTS  16
#define RTC_GSI     8

static struct kvm_irq_routing_entry route(unsigned gsi, unsigned chip, unsigned pin)
{
    return (struct kvm_irq_routing_entry){
        .gsi = gsi,
        .type = KVM_IRQ_ROUTING_IRQCHIP,
        .u.irqchip = {.irqchip = chip, .pin = pin},
    };
}

static int kvm_route_irqs(struct kvm *kvm)
{
    struct {
        struct kvm_irq_routing header;
        struct kvm_irq_routing_entry entries[PIC_INPUTS + IOAPIC_PINS];
    } table = {0};
    struct kvm_irq_routing_entry *next = table.entries;

    for (unsigned gsi = 0; gsi < IOAPIC_PINS; gsi++) {
        if (gsi == 2)
            continue;
        if (gsi < PIC_INPUTS)
            *next++ = route(gsi, gsi < 8 ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE, gsi % 8);
        *next++ = route(gsi, KVM_IRQCHIP_IOAPIC, gsi == 0 ? 2 : gsi);
    }
    table.header.nr = (uint32_t)(next - table.entries);
    return kvm_call(kvm->vm_fd, KVM_SET_GSI_ROUTING, "KVM_SET_GSI_ROUTING", &table);
}

static enum irq_arrival set_line(void *ctx, unsigned gsi, bool level)
{
    const struct kvm *kvm = ctx;
    struct kvm_irq_level line = {.irq = gsi, .level = level};
    unsigned long request = gsi == RTC_GSI ? KVM_IRQ_LINE : KVM_IRQ_LINE_STATUS;

    if (kvm_call(kvm->vm_fd, request, "KVM_IRQ_LINE", &line) < 0 || gsi == RTC_GSI)
        return IRQ_ARRIVED;
    /* The status has taken the place of the GSI. */
    if ((int32_t)line.status < 0)
        return IRQ_MASKED;
    return line.status == 0 ? IRQ_MERGED : IRQ_ARRIVED;
}

static int listen_for_eoi(void *ctx, unsigned gsi, int unused_fd, int eoi_fd)
{
    const struct kvm *kvm = ctx;
    struct kvm_irqfd irqfd = {
        .fd = (uint32_t)unused_fd,
        .gsi = gsi,
        .flags = KVM_IRQFD_FLAG_RESAMPLE,
        .resamplefd = (uint32_t)eoi_fd,
    };

    return ioctl(kvm->vm_fd, KVM_IRQFD, &irqfd) < 0 ? -errno : 0;
}

static void send_message(void *ctx, uint32_t address, uint32_t data)
{
    const struct kvm *kvm = ctx;
    static struct log_tally refused = {.what = "interrupt message without a receiver"};
    struct kvm_msi msi = {.address_lo = address, .data = data};

    /* Address and data are the guest's: KVM fails if they name no local APIC. */
    if (ioctl(kvm->vm_fd, KVM_SIGNAL_MSI, &msi) < 0)
        log_guest(&refused, "address 0x%x, data 0x%x: %s", address, data, strerror(errno));
}

/* The I/O APIC first: its pending edges are in what is read, or in the local APICs. */
static int save(void *ctx, struct irqchip_state *state)
{
    const struct kvm *kvm = ctx;
    int result = 0;

    for (unsigned i = KVM_NR_IRQCHIPS; result == 0 && i-- > 0;) {
        state->chips[i] = (struct kvm_irqchip){.chip_id = i};
        result = kvm_call(kvm->vm_fd, KVM_GET_IRQCHIP, "KVM_GET_IRQCHIP", &state->chips[i]);
    }
    return result;
}

/* The I/O APIC last: it passes on what is pending, with all else in place. */
static int load(void *ctx, const struct irqchip_state *state)
{
    const struct kvm *kvm = ctx;
    int result = 0;

    for (unsigned i = 0; result == 0 && i < KVM_NR_IRQCHIPS; i++) {
        struct kvm_irqchip chip = state->chips[i];

        chip.chip_id = i;
        result = kvm_call(kvm->vm_fd, KVM_SET_IRQCHIP, "KVM_SET_IRQCHIP", &chip);
    }
    return result;
}

static const struct irqchip_ops ops = {
    .set_line = set_line,
    .send_message = send_message,
    .listen_for_eoi = listen_for_eoi,
    .save = save,
    .load = load,
};

int kvm_create_irqchip(struct kvm *kvm, struct irqchip *irqchip)
{
    int result = kvm_call_value(kvm->vm_fd, KVM_SET_TSS_ADDR, "KVM_SET_TSS_ADDR", TSS_ADDRESS);

    if (result == 0)
        result = kvm_call_value(kvm->vm_fd, KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP", 0);
    if (result == 0)
        result = kvm_route_irqs(kvm);
    *irqchip = (struct irqchip){&ops, kvm};
    return result;
}
