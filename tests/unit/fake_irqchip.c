/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_irqchip.h. */
#include "tests/unit/fake_irqchip.h"

#include <sys/eventfd.h>

#include "tests/unit/fake_kvm.h"
#include "tests/unit/unit.h"
#include "vmm/kvm/kvm_irqchip.h"

struct fake_irqchip fake_irqchip;

void fake_irqchip_reset(void)
{
    fake_irqchip = (struct fake_irqchip){.arrival = IRQ_ARRIVED};
    for (unsigned gsi = 0; gsi < FAKE_IRQCHIP_GSIS; gsi++)
        fake_irqchip.eoi_fds[gsi] = -1;
}

static enum irq_arrival set_line(void *ctx, unsigned gsi, bool level)
{
    (void)ctx;
    fake_kvm_lock();
    fake_kvm_called("set_line", " %u %d", gsi, level);
    fake_irqchip.levels[gsi] = level;
    fake_kvm_unlock();
    return fake_irqchip.arrival;
}

static void send_message(void *ctx, uint32_t address, uint32_t data)
{
    (void)ctx;
    fake_kvm_lock();
    fake_kvm_called("send_message", " 0x%x 0x%x", address, data);
    fake_kvm_unlock();
}

static int listen_for_eoi(void *ctx, unsigned gsi, int unused_fd, int eoi_fd)
{
    int result;

    (void)ctx;
    (void)unused_fd;
    fake_kvm_lock();
    result = fake_kvm_called("listen_for_eoi", " %u", gsi);
    if (result == 0)
        fake_irqchip.eoi_fds[gsi] = eoi_fd;
    fake_kvm_unlock();
    return result;
}

static int save(void *ctx, struct irqchip_state *state)
{
    (void)ctx;
    *state = fake_irqchip.state;
    return fake_kvm_call("irqchip_save", "%s", "");
}

static int load(void *ctx, const struct irqchip_state *state)
{
    (void)ctx;
    fake_irqchip.state = *state;
    return fake_kvm_call("irqchip_load", "%s", "");
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
    *irqchip = (struct irqchip){&ops, kvm};
    return fake_kvm_call("kvm_create_irqchip", "%s", "");
}

void fake_irqchip_eoi(unsigned gsi, uint64_t eois)
{
    assert_int_equal(eventfd_write(fake_irqchip.eoi_fds[gsi], eois), 0);
}
