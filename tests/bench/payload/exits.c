/*
 * What one exit costs: for each of five accesses, the TSC cycles of one round trip to the program
 * that runs the guest, as "NAME CYCLES" lines on COM1, one for each batch. Ends through the debug
 * exit port with status 1.
 *
 * A batch is unrolled, so that it has not one instruction beside the accesses. The five take turns,
 * so that whatever else the host does hits all of them.
 */
#include <stdint.h>

#define BATCH_ACCESSES 16
#define BATCHES        25

#define COM1_THR   0x3f8
#define DEBUG_EXIT 0xf4
#define RTC_INDEX  0x70

#define TEXT_OF(value)        #value
#define TEXT(value)           TEXT_OF(value)
#define REPEATED(instruction) ".rept " TEXT(BATCH_ACCESSES) "\n\t" instruction "\n\t.endr"

void payload_main(void);

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint64_t tsc(void)
{
    uint64_t value;

    __asm__ volatile("rdtsc" : "=A"(value) : : "memory");
    return value;
}

static void write_post(void)
{
    __asm__ volatile(REPEATED("outb %%al, $0x80") : : "a"(0) : "memory");
}

static void read_pm_timer(void)
{
    __asm__ volatile(REPEATED("inl %%dx, %%eax") : : "d"(0x608) : "eax", "memory");
}

static void read_pit(void)
{
    __asm__ volatile(REPEATED("inb $0x40, %%al") : : : "eax", "memory");
}

static void read_cmos(void)
{
    __asm__ volatile(REPEATED("inb $0x71, %%al") : : : "eax", "memory");
}

static void read_hpet(void)
{
    __asm__ volatile(REPEATED("movl 0xfed000f0, %%eax") : : : "eax", "memory");
}

static const struct {
    const char *name;
    void (*batch)(void);
} accesses[] = {
    {"port80-write", write_post}, {"pmtimer-read", read_pm_timer}, {"pit-read", read_pit},
    {"cmos-read", read_cmos},     {"hpet-read", read_hpet},
};

static void print(const char *text)
{
    while (*text != '\0')
        out8(COM1_THR, (uint8_t)*text++);
}

static void print_number(uint32_t value)
{
    char digits[11];
    char *first = digits + sizeof digits - 1;

    *first = '\0';
    do
        *--first = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    print(first);
}

/* A batch takes well under 2^32 cycles. */
static uint32_t cycles_of_one(void (*batch)(void))
{
    uint64_t start_tsc = tsc();

    batch();
    return (uint32_t)(tsc() - start_tsc) / BATCH_ACCESSES;
}

void payload_main(void)
{
    out8(RTC_INDEX, 0);
    for (unsigned round = 0; round < BATCHES; round++)
        for (unsigned i = 0; i < sizeof accesses / sizeof accesses[0]; i++) {
            uint32_t cycles = cycles_of_one(accesses[i].batch);

            print(accesses[i].name);
            print(" ");
            print_number(cycles);
            print("\n");
        }
    out8(DEBUG_EXIT, 0);
}
