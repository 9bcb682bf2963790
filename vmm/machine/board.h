/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board: every emulated device of the computer, where it is, and what it is wired to.
 *
 * board.c holds the table of the computer on one screen: ports, memory and MSRs. How to add a
 * device is in docs/architecture.md. The in-kernel parts (LAPIC, I/O APIC, PIC) are set up in
 * kvm_irqchip.c. All calls are under the machine's lock.
 */
#ifndef VMM_MACHINE_BOARD_H
#define VMM_MACHINE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "boot/kvmclock_mode.h"
#include "devices/access.h"
#include "devices/acpi/vmclock.h"
#include "devices/bus.h"
#include "devices/guest_request.h"
#include "devices/irq_line.h"
#include "devices/lensed.h"
#include "devices/msr/kvmclock_msrs.h"
#include "devices/msr/steal_msr.h"
#include "devices/msr/tsc_msrs.h"
#include "devices/pc/acpi_pm.h"
#include "devices/pc/debug_port.h"
#include "devices/pc/hpet.h"
#include "devices/pc/i8042.h"
#include "devices/pc/pit.h"
#include "devices/pc/pvpanic.h"
#include "devices/pc/reference.h"
#include "devices/pc/reset_control.h"
#include "devices/pc/rtc.h"
#include "devices/pc/serial.h"
#include "devices/timerq.h"
#include "devices/virtio/virtio_blk.h"
#include "devices/virtio/virtio_rng.h"

#define BOARD_MAX_EOI_GSIS (2 + HPET_ROUTE_COUNT)
/* Most rows of MSRs that the table can have: as many ranges as KVM takes. */
#define BOARD_MAX_MSR_RANGES 16
/*
 * Virtio devices have slots, each with a page of registers (boot/acpi_map.h), and share interrupts.
 * Slot 0 is the entropy device, and the disks come after it.
 */
#define BOARD_VIRTIO_SLOTS   5
#define BOARD_VIRTIO_LINES   3
#define BOARD_SLOT_RNG       0
#define BOARD_SLOT_DISK(i)   (1 + (i))
#define BOARD_MAX_DISKS      4
#define BOARD_SLOT_GPA(slot) (ACPI_MAP_VIRTIO_GPA + (uint64_t)(slot)*ACPI_MAP_VIRTIO_STRIDE)

struct board_config {
    /* Timers of the HPET; 0: there is none. */
    unsigned hpet_timers;
    /* Width of the ACPI PM timer, 24 or 32; 0: there is none. */
    unsigned pmtimer_bits;
    /* The guest can put the machine to sleep. */
    bool has_s3;
    enum lost_ticks pit_lost_ticks;
    enum lost_ticks rtc_lost_ticks;
    enum lost_ticks hpet_lost_ticks;
    /* What the RTC shows at guest time 0, in nanoseconds since the epoch. */
    uint64_t rtc_zero_ns;
    unsigned cpu_count;
    enum kvmclock_mode kvmclock;
    /* kvm-clock: wall time at guest time 0, and whether the pages may say TSC_STABLE. */
    uint64_t wall_zero_ns;
    bool tsc_stable;
    /* Whether there is a reference device. */
    bool reference;
    /* Steal time is so many percent of guest time, and whether of idle time, too. */
    bool steal;
    unsigned steal_percent;
    bool steal_idle;
    /* Of vmclock; the page is NULL if there is none. */
    struct vmclock_page *vmclock_page;
    enum vmclock_time_type vmclock_time_type;
    bool vmclock_shows_guest_date;
    uint64_t vmclock_first_marker;
    /* All vCPUs have one TSC. */
    bool tsc_is_one;
    bool virtio_rng;
    unsigned disk_count;
    const struct virtio_blk_wiring *disks;
};

/* What the board reaches outside itself; all are called with the machine locked. */
struct board_hooks {
    /* As in devices/irq_line.h. */
    enum irq_arrival (*drive_irq)(void *ctx, unsigned gsi, bool level);
    void (*send_message)(void *ctx, uint32_t address, uint32_t data);
    void (*request)(void *ctx, enum guest_request request, uint32_t value);
    void (*sample_host)(void *ctx, struct reference_sample *sample);
    bool (*console_tx)(void *ctx, uint8_t byte);
    void (*console_rx_room)(void *ctx, uint64_t now_ns);
    bool (*report_tx)(void *ctx, uint8_t byte);
    void (*report_rx_room)(void *ctx, uint64_t now_ns);
    void (*rtc_date_set)(void *ctx, uint64_t now_ns);
    /* As in devices/msr: the vCPUs' TSCs, and the pages that the guest names. */
    bool (*begin_tsc_write)(void *ctx, unsigned vcpu, uint32_t msr, uint64_t *host_tsc,
                            struct guest_tsc *tsc);
    bool (*set_tsc)(void *ctx, unsigned vcpu, const struct guest_tsc *tsc, uint64_t adjust);
    bool (*get_tsc)(void *ctx, unsigned vcpu, struct guest_tsc *tsc);
    uint64_t (*host_tsc)(void *ctx);
    void *(*memory_at)(void *ctx, uint64_t gpa, uint64_t length_bytes);
    bool (*is_halted)(void *ctx, unsigned vcpu);
    void (*msr_refused)(void *ctx, unsigned vcpu, uint32_t msr, uint64_t value);
    /* As in devices/virtio/virtio.h. */
    void *(*device_memory_at)(void *ctx, uint64_t gpa, uint64_t size_bytes);
    void (*device_wrote)(void *ctx, uint64_t gpa, uint64_t size_bytes);
    void (*device_broken)(void *ctx, const char *device, const char *what);
    void (*fill_random)(void *ctx, void *bytes, uint32_t size_bytes);
    struct timebase *timebase;
    void *ctx;
};

/*
 * The list of devices. They are saved, loaded and reset in this order, and timers with the same
 * deadline fire in it. A guest can see the order, so a new device comes last, before BOARD_DEVICES.
 */
enum board_device {
    BOARD_PIT,
    BOARD_RTC,
    BOARD_HPET,
    BOARD_PM,
    BOARD_COM1,
    BOARD_COM2,
    BOARD_I8042,
    BOARD_DEBUG,
    BOARD_REFERENCE,
    BOARD_TSC,
    BOARD_KVMCLOCK,
    BOARD_STEAL,
    BOARD_RESET,
    BOARD_PVPANIC,
    BOARD_VMCLOCK,
    BOARD_RNG,
    BOARD_DISK_0,
    BOARD_DISK_1,
    BOARD_DISK_2,
    BOARD_DISK_3,
    BOARD_DEVICES,
    /* The timers that belong to the machine and not to a device fire after all of theirs. */
    BOARD_RANK_RTC_REPORT = BOARD_DEVICES,
    /* Of faults: interrupts, TSCs that drift, and shares of vCPUs. */
    BOARD_RANK_FAULTS,
};

/* Those of the list that can be behind a lens come first. */
#define BOARD_LENSES (BOARD_PM + 1)

/* A hundred years: far from where nanoseconds, or cycles of a TSC of 5 GHz, fill 64 bits. */
#define BOARD_LATEST_NS (UINT64_C(36500) * 86400 * NS_PER_SEC)

struct board {
    struct board_hooks hooks;

    /* By enum board_device; NULL: this computer has none. */
    struct device *devices[BOARD_DEVICES];

    struct timerq timers;
    /* By enum board_device: the clocks that can be wrong. */
    struct lensed lenses[BOARD_LENSES];
    struct bus buses[ACCESS_SPACES];

    struct irq_line pit_irq;
    struct irq_line rtc_irq;
    /* To the PM block, not to an interrupt controller. */
    struct irq_line rtc_alarm;
    struct irq_line hpet_irq0;
    struct irq_line hpet_irq8;
    struct irq_line hpet_routes[HPET_ROUTE_COUNT];
    struct irq_line com1_irq;
    struct irq_line com2_irq;
    struct irq_line sci;
    /* See devices/acpi/ged.h. */
    struct irq_line ged_irq;
    struct irq_line virtio_irqs[BOARD_VIRTIO_LINES];
    /* Of each slot, to the line that it shares with others. */
    struct irq_line virtio_slots[BOARD_VIRTIO_SLOTS];

    struct pit pit;
    struct rtc rtc;
    struct hpet hpet;
    struct acpi_pm pm;
    struct serial com1;
    struct serial com2;
    struct i8042 i8042;
    struct debug_port debug;
    struct reference reference;
    struct tsc_msrs tsc;
    struct kvmclock_msrs kvmclock;
    struct steal_msr steal;
    struct reset_control reset;
    struct pvpanic pvpanic;
    struct vmclock vmclock;
    struct virtio_rng rng;
    struct virtio_blk disks[BOARD_MAX_DISKS];
};

/* A board in its power-on state at guest time now_ns. The hooks are not called yet. */
void board_init(struct board *board, const struct board_config *config,
                const struct board_hooks *hooks, uint64_t now_ns);

/* A part of board_init: the virtio devices that this config has. */
void board_init_virtio(struct board *board, const struct board_config *config);

/*
 * Drives lines that are high once more, those of which is_level is true: new interrupt controllers
 * do not know of them. An edge-triggered line would make an interrupt.
 */
void board_drive_levels(struct board *board, bool (*is_level)(const void *ctx, unsigned gsi),
                        const void *ctx);

/*
 * From now on every line is driven by this, with the hooks' ctx. Returns the levels that devices
 * have their lines at, as bits by GSI.
 */
uint32_t board_redirect_lines(struct board *board,
                              enum irq_arrival (*drive)(void *ctx, unsigned gsi, bool level));

/*
 * An access of a guest at now_ns; a read gets its value. What is nobody's reads as ones, and a
 * write of it does nothing. False, for an MSR only: the guest is to get #GP.
 */
static inline bool board_access(struct board *board, uint64_t now_ns, struct access *access)
{
    return bus_access(&board->buses[access->space], now_ns, access);
}

/* The same of one that has nothing to do with time (devices/bus.h); false: it is another one. */
static inline bool board_access_timeless(struct board *board, uint64_t latest_ns,
                                         struct access *access)
{
    return access->space != ACCESS_MSR &&
           bus_access_timeless(&board->buses[access->space], latest_ns, access);
}

/*
 * Fills ranges with the MSRs that a board of this config answers or refuses, in the order in which
 * KVM is to be told. Returns how many ranges there are.
 */
unsigned board_msr_ranges(const struct board_config *config,
                          struct msr_range ranges[BOARD_MAX_MSR_RANGES]);

/*
 * The GSIs whose EOIs the board wants to be told of, as bits: those of clocks whose lost ticks are
 * made up for. At most BOARD_MAX_EOI_GSIS bits are set.
 */
uint32_t board_eoi_gsis(const struct board *board);

/* The guest has acknowledged interrupts of this GSI, which is one of those: `eois` EOIs. */
void board_eoi(struct board *board, uint64_t now_ns, unsigned gsi, uint64_t eois);

/* Whether it is to be told of the next such EOI at once, and not only before timers are run. */
bool board_waits_for_eoi(const struct board *board, unsigned gsi);

/*
 * Faults of one of the clocks PIT, RTC, HPET and PM, which there is, at guest time now_ns, up to
 * which timers were run: it runs at another rate from now on; or stands, or goes on at the rate
 * that it had. Of the HPET and PM, within a change of the live clock (live_clock.h).
 */
void board_set_clock_rate(struct board *board, uint64_t now_ns, enum board_device clock,
                          int64_t ppb);
void board_stick_clock(struct board *board, uint64_t now_ns, enum board_device clock, bool stands);
void board_set_clock_jitter(struct board *board, uint64_t now_ns, enum board_device clock,
                            const struct jitter *jitter);

/*
 * The same of a step. The PIT goes forward alone, and like the PM timer no further than
 * BOARD_LATEST_NS of its own time; the RTC stays within the dates that it can be asked for. False:
 * it cannot be done, and nothing has changed. The HPET and the PM timer step by whole ticks. Of a
 * periodic interrupt that is passed on the way one comes.
 */
bool board_step_clock(struct board *board, uint64_t now_ns, enum board_device clock, int64_t by_ns);

/* The same of the RTC's battery, which was empty. */
void board_lose_rtc_power(struct board *board, uint64_t now_ns);

/* A clock's own time at guest time now_ns, which is now_ns itself if it is not wrong. Who calls the
 * clock passes that, and then calls board_clock_follow. */
uint64_t board_clock_ns(const struct board *board, enum board_device clock, uint64_t now_ns);
void board_clock_follow(struct board *board, enum board_device clock);

/* Whether the counter of the HPET, or that of PM, does not go by guest time itself. */
bool board_counters_are_lensed(const struct board *board);

/* Whether a clock is behind a lens; and puts a new board's there. */
bool board_clock_is_lensed(const struct board *board, enum board_device clock);
void board_load_lens(struct board *board, enum board_device clock, const struct lens *lens,
                     int64_t ppb, bool stands, const struct jitter *jitter);

/*
 * The guest was stopped until now_ns, and is told so. Timers that came due meanwhile fire now. A
 * periodic interrupt comes once, whatever its lost_ticks says: a stop is not followed by a storm.
 */
void board_end_stop(struct board *board, uint64_t now_ns);

#endif
