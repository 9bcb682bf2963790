/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ends the machine in every way that a guest can, as the command line says:
 *   exit=V size=1|2|4   write V to the debug-exit port in one, two or four bytes
 *   exit=fault          triple-fault
 *   exit=i8042          pulse the reset line by the keyboard controller
 *   exit=reboot-t       say what Linux says when it reboots, then triple-fault
 *   exit=pvpanic-off    say by pvpanic that it panicked, then power off
 *   exit=pvpanic-reset  the same, then reset
 *   exit=cf9            reset by port CF9h, as kernels do: 02h, then 06h
 *   exit=port92         reset by bit 0 of port 92h
 *   exit=604h           power off as kernels do that do not read the DSDT
 *   exit=panic          say what Linux says when it panics, then reset
 *   exit=text           the same without a time stamp, as a program can
 *   exit=log            the same with one, then say what Linux says when it reboots, and reset
 *   exit=known          the same with one, but a driver of pvpanic has started and says nothing
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define I8042_COMMAND 0x64
#define PULSE_RESET   0xfe
#define PVPANIC       0x505
#define PANICKED      1
#define RESET_CF9     0xcf9
#define PORT_A        0x92
#define PM1_CNT       0x604
#define SLEEP_S5      0x2000

static void write_exit(uint32_t value, uint32_t size_bytes)
{
    if (size_bytes == 4)
        out32(DEBUG_EXIT_PORT, value);
    else if (size_bytes == 2)
        out16(DEBUG_EXIT_PORT, (uint16_t)value);
    else
        out8(DEBUG_EXIT_PORT, (uint8_t)value);
}

/* Without gates an exception raises a double fault, and that the end. */
static void triple_fault(void)
{
    static const uint8_t no_gates[10];

    __asm__ volatile("lidt %0; ud2" : : "m"(no_gates));
}

void payload_main(const uint8_t *zero_page)
{
    const char *command_line = payload_command_line(zero_page);
    const char *how = text_find_value(command_line, "exit");
    const char *size = text_find_value(command_line, "size");

    check("the command line says how", how != NULL);
    if (how == NULL)
        check_done();
    check_plan();
    if (text_equal(how, "known"))
        in8(PVPANIC);
    if (text_equal(how, "text"))
        print("Kernel panic - not syncing: a test\n");
    if (text_equal(how, "panic") || text_equal(how, "log") || text_equal(how, "known"))
        print("[    1.234567] Kernel panic - not syncing: a test\n");
    if (text_equal(how, "reboot-t") || text_equal(how, "log"))
        print("[    1.234567] reboot: Restarting system\n");
    if (text_equal(how, "fault") || text_equal(how, "reboot-t"))
        triple_fault();
    if (text_equal(how, "cf9")) {
        out8(RESET_CF9, 0x02);
        out8(RESET_CF9, 0x06);
    }
    if (text_equal(how, "port92"))
        out8(PORT_A, in8(PORT_A) | 1);
    if (text_equal(how, "pvpanic-off") || text_equal(how, "pvpanic-reset"))
        out8(PVPANIC, in8(PVPANIC) & PANICKED);
    if (text_equal(how, "604h") || text_equal(how, "pvpanic-off"))
        out16(PM1_CNT, SLEEP_S5);
    if (text_equal(how, "i8042") || text_equal(how, "panic") || text_equal(how, "text") ||
        text_equal(how, "log") || text_equal(how, "known") || text_equal(how, "pvpanic-reset"))
        out8(I8042_COMMAND, PULSE_RESET);
    write_exit(text_number(how), size == NULL ? 1 : text_number(size));
    for (;;)
        cpu_pause();
}
