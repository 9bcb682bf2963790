/* SPDX-License-Identifier: BSD-2-Clause */
/* POST port, serial ports, reference device, open bus, and who CPUID says we are. */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"
#include "guest-images/payloads/lib/text.h"

#define POST_PORT         0x80
#define COM1              0x3f8
#define I8042_DATA        0x60
#define I8042_STATUS      0x64
#define I8042_OUTPUT_FULL 0x01
#define COM2              0x2f8
#define UART_DLL          0
#define UART_IER          1
#define UART_DLM          1
#define UART_IIR          2
#define UART_LCR          3
#define UART_MCR          4
#define UART_LSR          5
#define UART_MSR          6
#define UART_SCR          7
#define LCR_DLAB          0x80
#define MCR_LOOP          0x10
#define MCR_ALL_OUTPUTS   0x0f
#define LSR_DATA_READY    0x01

#define NOBODYS_PORT 0x1f0
#define NOBODYS_GPA  0xfd000000

static void check_post_port(void)
{
    out8(POST_PORT, 0x5a);
    check_equal("the POST port keeps the last code", in8(POST_PORT), 0x5a);
    out8(POST_PORT, 0xa5);
    check_equal("the POST port keeps the next code", in8(POST_PORT), 0xa5);
}

static void check_open_bus(void)
{
    volatile uint8_t *memory = (volatile uint8_t *)NOBODYS_GPA;

    check_equal("a byte from a port without a device", in8(NOBODYS_PORT), 0xff);
    check_equal("a word from a port without a device", in16(NOBODYS_PORT), 0xffff);
    check_equal("a dword from a port without a device", in32(NOBODYS_PORT), 0xffffffff);
    out32(NOBODYS_PORT, 0);
    check_equal("a byte from an address without a device", *memory, 0xff);
    check_equal("8 bytes from an address without a device", *(volatile uint64_t *)memory,
                UINT64_MAX);
    *(volatile uint32_t *)memory = 0;
    check_equal("4 bytes from there after a write", *(volatile uint32_t *)memory, 0xffffffff);
    check_equal("COM1's bytes beyond the word that a wide read takes", in16(COM1 + UART_SCR) >> 8,
                0xff);
}

/* Nothing may be printed while COM1 loops back. */
static void check_loopback(void)
{
    uint8_t looped[2], modem_status, line_status;

    out8(COM1 + UART_MCR, MCR_LOOP | MCR_ALL_OUTPUTS);
    out8(COM1, 0x55);
    looped[0] = in8(COM1);
    out8(COM1, 0xaa);
    line_status = in8(COM1 + UART_LSR);
    looped[1] = in8(COM1);
    modem_status = in8(COM1 + UART_MSR);
    out8(COM1 + UART_MCR, 0);
    check_equal("COM1 in loopback receives what it sends", looped[0], 0x55);
    check_equal("and once more", looped[1], 0xaa);
    check_equal("with data ready in between", line_status & LSR_DATA_READY, LSR_DATA_READY);
    check_equal("COM1's modem outputs loop back to its inputs", modem_status & 0xf0, 0xf0);
}

static void check_divisor(void)
{
    out8(COM2 + UART_LCR, LCR_DLAB);
    out8(COM2 + UART_DLL, 0x0c);
    out8(COM2 + UART_DLM, 0x01);
    check_equal("COM2's divisor latch, low", in8(COM2 + UART_DLL), 0x0c);
    check_equal("COM2's divisor latch, high", in8(COM2 + UART_DLM), 0x01);
    out8(COM2 + UART_LCR, 0x03);
    check_equal("COM2's IER is behind the latch", in8(COM2 + UART_IER), 0);
    out8(COM2 + UART_SCR, 0x77);
    check_equal("COM2's scratch register", in8(COM2 + UART_SCR), 0x77);
    check_equal("COM2 has no interrupt pending", in8(COM2 + UART_IIR) & 0x0f, 1);
}

/* The judge looks for it in the file of --report. */
/* What programs do before they give the keyboard controller a command. */
static void check_keyboard_controller(void)
{
    unsigned reads = 0;

    while (reads < 1000 && (in8(I8042_STATUS) & I8042_OUTPUT_FULL) != 0) {
        in8(I8042_DATA);
        reads++;
    }
    check_range("reads until port 64h shows an empty output buffer", reads, 17, 999);
}

static void write_report(void)
{
    for (const char *c = "report of basics\n"; *c != '\0'; c++)
        out8(COM2, (uint8_t)*c);
}

static void check_reference(void)
{
    struct reference_record first, second;

    reference_read(&first);
    reference_read(&second);
    check_equal("the reference record's magic", first.magic, REFERENCE_MAGIC);
    check_equal("its size", first.size_bytes, sizeof first);
    check("guest time goes forward", second.guest_ns > first.guest_ns);
    check("so does the host's TSC", second.host_tsc > first.host_tsc);
    check("and CLOCK_MONOTONIC_RAW", second.host_monotonic_raw_ns > first.host_monotonic_raw_ns);
    check("and CLOCK_MONOTONIC", second.host_monotonic_ns > first.host_monotonic_ns);
    in32(REFERENCE_PORT);
    check_equal("dwords come one after the other", in32(REFERENCE_PORT), sizeof first);
    out8(REFERENCE_PORT, 0);
    check_equal("a write rewinds", in32(REFERENCE_PORT), REFERENCE_MAGIC);
    for (unsigned i = 1; i < REFERENCE_DWORDS; i++)
        in32(REFERENCE_PORT);
    check_equal("the first dword follows the last", in32(REFERENCE_PORT), REFERENCE_MAGIC);
    check_equal("a byte is not decoded", in8(REFERENCE_PORT), 0xff);
}

static void check_cpuid(void)
{
    struct cpuid kvm = cpuid_read(0x40000000);
    char signature[13] = "";

    memcpy(signature, &kvm.ebx, 4);
    memcpy(signature + 4, &kvm.ecx, 4);
    memcpy(signature + 8, &kvm.edx, 4);
    check_text("CPUID has KVM's signature", signature, "KVMKVMKVM");
    check_equal("its last leaf is that of the features", kvm.eax, 0x40000001);
    check_equal("CPUID says hypervisor", cpuid_read(1).ecx >> 31, 1);
    check_equal("the first CPU has APIC id 0", cpuid_read(1).ebx >> 24, 0);
}

void payload_main(const uint8_t *zero_page)
{
    (void)zero_page;
    check_post_port();
    check_open_bus();
    check_loopback();
    check_divisor();
    check_keyboard_controller();
    write_report();
    check_reference();
    check_cpuid();
    check_done();
}
