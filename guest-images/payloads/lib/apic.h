/* SPDX-License-Identifier: BSD-2-Clause */
/* Local APIC and I/O APIC, by their memory ranges. */
#ifndef GUEST_IMAGES_PAYLOADS_LIB_APIC_H
#define GUEST_IMAGES_PAYLOADS_LIB_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Lets this CPU's local APIC take interrupts. */
void apic_enable(void);

uint32_t apic_id(void);

void apic_acknowledge(void);

/*
 * Whether this CPU's local APIC knows that it has an interrupt with this vector in service. Not so
 * in its handler on a KVM that interprets the kernel (kvm_pvm): it acknowledges by itself, on
 * delivery, so that a level interrupt comes once more for each.
 */
bool apic_in_service(unsigned vector);

/* This CPU's timer calls handler, which acknowledges, once, 16 * count nanoseconds from now. */
void apic_timer_start(uint32_t count, unsigned vector, void (*handler)(void));

/* The same, and again each 16 * count nanoseconds if it is periodic; 0 stops it. */
void apic_timer_start_mode(uint32_t count, bool periodic, unsigned vector, void (*handler)(void));

/* The same when the TSC has a value. */
void apic_timer_start_deadline(uint64_t tsc, unsigned vector, void (*handler)(void));

/* What is left of the count of this CPU's timer. */
uint32_t apic_timer_left(void);

/* What apic_send can send. */
#define APIC_ASSERT  0x4000 /* with a vector: that interrupt */
#define APIC_SMI     0x4200
#define APIC_INIT    0x4500
#define APIC_STARTUP 0x4600

/* Sends it to the CPU with this id, and waits until it is sent. */
void apic_send(uint32_t id, uint32_t command);

/* Starts the CPU with this id as apic_start_others does. */
void apic_start(uint32_t id, uint8_t page);

/* Whether this CPU's local APIC is enabled, and passes interrupts of the PICs and NMIs on. */
bool apic_is_as_firmware_leaves_it(void);

/* Starts every other CPU at page * 4 KiB in real mode: INIT, SIPI, SIPI. */
void apic_start_others(uint8_t page);

/* Sends interrupts of that pin to CPU 0 with this vector, active high; handler acknowledges. */
void ioapic_enable(unsigned pin, bool level, unsigned vector, void (*handler)(void));

void ioapic_disable(unsigned pin);

#endif
