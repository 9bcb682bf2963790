/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one CPU may send to another by its local APIC: first INIT and STARTUP to each by its id, as
 * programs do that leave the APIC as the firmware has set it up. Then SMIs, which a PC's firmware
 * takes and returns from, so that the CPU goes on as if nothing had happened. Each CPU sends them
 * to all, itself included, so that several are taken at once. cpus=N on the command line. init=1:
 * CPU 0 is sent an INIT, with which a PC starts again.
 */
#include "guest-images/payloads/lib/apic.h"
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/smp.h"
#include "guest-images/payloads/lib/text.h"

#define ROUNDS   50
#define LIMIT_NS (5 * NS_PER_SEC)
#define PATTERN  UINT64_C(0x123456789abcdef0)

/* Where an SMI's code and what it saves would be, were they in the guest's memory. */
#define SMRAM_START 0x38000
#define SMRAM_WORDS (0x8000 / 8)

static volatile uint32_t cpu_count;
static volatile uint32_t started_count;
static volatile uint32_t done_count;
static volatile bool go;
static volatile bool was_changed[SMP_MAX_CPUS];

static volatile uint64_t *smram(void)
{
    volatile uint64_t *words;

    __asm__("" : "=r"(words) : "0"((uintptr_t)SMRAM_START));
    return words;
}

static void send_to_all(unsigned index)
{
    uint64_t kept = PATTERN + index;

    for (unsigned i = 0; i < ROUNDS; i++)
        for (uint32_t id = 0; id < cpu_count; id++) {
            uint64_t before = kept;

            apic_send(id, APIC_SMI);
            __asm__ volatile("" : "+r"(kept));
            was_changed[index] = was_changed[index] || kept != before;
        }
    __atomic_add_fetch(&done_count, 1, __ATOMIC_SEQ_CST);
}

void smp_main(unsigned index)
{
    __atomic_add_fetch(&started_count, 1, __ATOMIC_SEQ_CST);
    while (!go)
        cpu_pause();
    send_to_all(index);
}

static void check_smis(void)
{
    bool changed = false, memory_changed = false;

    for (unsigned i = 0; i < SMRAM_WORDS; i++)
        smram()[i] = PATTERN + i;
    check("the firmware has set up the local APIC", apic_is_as_firmware_leaves_it());
    smp_start_each(cpu_count);
    check("which starts each CPU by its id",
          wait_for_count(&started_count, cpu_count - 1, LIMIT_NS));
    apic_enable();
    go = true;
    send_to_all(0);
    check("every CPU goes on after SMIs", wait_for_count(&done_count, cpu_count, LIMIT_NS));
    for (unsigned i = 0; i < cpu_count; i++)
        changed = changed || was_changed[i];
    check("with its registers as they were", !changed);
    for (unsigned i = 0; i < SMRAM_WORDS; i++)
        memory_changed = memory_changed || smram()[i] != PATTERN + i;
    check("and the guest's memory too", !memory_changed);
}

void payload_main(const uint8_t *zero_page)
{
    const char *command_line = payload_command_line(zero_page);
    const char *init = text_find_value(command_line, "init");

    if (init != NULL) {
        check_plan();
        apic_send(0, APIC_INIT);
        for (;;)
            cpu_pause();
    }
    cpu_count = text_number(text_find_value(command_line, "cpus"));
    check_smis();
    check_done();
}
