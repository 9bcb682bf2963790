/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports that software of a PC looks at: those that are there answer as a PC's, and those of devices
 * that are not there read as ones whatever is written, by which drivers know that there is none.
 * The table in tests/README.md has them all.
 */
#include "guest-images/payloads/lib/check.h"
#include "guest-images/payloads/lib/clock.h"
#include "guest-images/payloads/lib/cpu.h"
#include "guest-images/payloads/lib/payload64.h"

#define PIC_MASK         0x21
#define PIC2_MASK        0xa1
#define PORT61           0x61
#define REFRESH          0x10
#define GATE_AND_SPEAKER 3
#define POST             0x80
#define PORT_A           0x92
#define ELCR             0x4d0
#define ELCR2            0x4d1
#define COM1_SCRATCH     0x3ff
#define COM2_SCRATCH     0x2ff
#define PCI_ADDRESS      0xcf8
#define PCI_ENABLE       0x80000000
#define LIMIT_NS         (100 * NS_PER_MS)
#define PATTERN          0x5a

struct range {
    uint16_t first, last;
    const char *name;
};

static void check_keeps(const char *name, uint16_t port, uint8_t written, uint8_t expected)
{
    uint8_t before = in8(port);

    out8(port, written);
    check_equal(name, in8(port), expected);
    out8(port, before);
}

/* The bits above are the chipset's, and refresh changes every 15 us: between two reads as well. */
static void check_speaker(void)
{
    uint8_t before = in8(PORT61);

    out8(PORT61, GATE_AND_SPEAKER);
    check_equal("61h: speaker and gate can be set", in8(PORT61) & GATE_AND_SPEAKER,
                GATE_AND_SPEAKER);
    out8(PORT61, 0);
    check_equal("61h: and cleared", in8(PORT61) & GATE_AND_SPEAKER, 0);
    out8(PORT61, before);
}

static void check_refresh(void)
{
    uint64_t end_ns = guest_ns() + LIMIT_NS;
    uint8_t first = in8(PORT61) & REFRESH;

    while ((in8(PORT61) & REFRESH) == first && guest_ns() < end_ns)
        cpu_pause();
    check("61h: bit 4 changes all the time",
          (in8(PORT61) & REFRESH) != first || guest_ns() < end_ns);
}

static void check_present(void)
{
    check_keeps("21h: the first PIC keeps its mask", PIC_MASK, PATTERN, PATTERN);
    check_keeps("A1h: and so does the second one", PIC2_MASK, PATTERN, PATTERN);
    check_refresh();
    check_speaker();
    check_keeps("80h: the last POST code reads back", POST, PATTERN, PATTERN);
    check_equal("92h: A20 is on", in8(PORT_A) & 3, 2);
    check_keeps("4D0h: IRQ 3 to 7 can be level triggered", ELCR, 0xff, 0xf8);
    check_keeps("4D1h: IRQ 9 to 12, 14 and 15 too", ELCR2, 0xff, 0xde);
    check_keeps("3FFh: COM1 has a scratch register", COM1_SCRATCH, PATTERN, PATTERN);
    check_keeps("2FFh: and so has COM2", COM2_SCRATCH, PATTERN, PATTERN);
}

static void check_absent(const struct range *range)
{
    unsigned answers = 0;

    for (uint16_t port = range->first; port <= range->last; port++) {
        answers += in8(port) != 0xff;
        out8(port, PATTERN);
        answers += in8(port) != 0xff;
    }
    check_equal(range->name, answers, 0);
}

static void check_no_pci(void)
{
    out32(PCI_ADDRESS, PCI_ENABLE);
    check_equal("CF8h: no PCI, of which the address would read back", in32(PCI_ADDRESS),
                UINT32_MAX);
}

void payload_main(const uint8_t *zero_page)
{
    static const struct range absent[] = {
        {0x000, 0x00f, "0h to Fh: no DMA"},
        {0x02e, 0x02f, "2Eh, 2Fh: no super I/O chip"},
        {0x062, 0x062, "62h: no embedded controller"},
        {0x066, 0x066, "66h: nor its status"},
        {0x081, 0x08f, "81h to 8Fh: no page of a DMA channel"},
        {0x0b2, 0x0b3, "B2h, B3h: no firmware to be called by an SMI"},
        {0x0c0, 0x0df, "C0h to DFh: no second DMA controller"},
        {0x170, 0x177, "170h to 177h: no second IDE channel"},
        {0x1f0, 0x1f7, "1F0h to 1F7h: no first IDE channel"},
        {0x201, 0x201, "201h: no joystick"},
        {0x278, 0x27a, "278h to 27Ah: no LPT2"},
        {0x2e8, 0x2ef, "2E8h to 2EFh: no COM4"},
        {0x376, 0x37a, "376h to 37Ah: no LPT1"},
        {0x3b0, 0x3df, "3B0h to 3DFh: no VGA"},
        {0x3e8, 0x3ef, "3E8h to 3EFh: no COM3"},
        {0x3f0, 0x3f7, "3F0h to 3F7h: no floppy"},
        {0x510, 0x511, "510h, 511h: no fw_cfg"},
    };

    (void)zero_page;
    check_present();
    for (unsigned i = 0; i < sizeof absent / sizeof absent[0]; i++)
        check_absent(&absent[i]);
    check_no_pci();
    check_done();
}
