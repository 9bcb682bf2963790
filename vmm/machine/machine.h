/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine: owns everything that makes up one virtual computer.
 *
 * Where time enters: machine_lock samples the host's TSC, once, and returns guest time. Whatever
 * happens under that lock happens at that time. Waiting for a deadline is the timer thread's job.
 * Two registers are read without the lock, the main counter of the HPET and the PM timer: see
 * live_clock.h. An access that has nothing to do with time is made without a sample: see door.h.
 *
 * Fields are grouped by who may touch them.
 */
#ifndef VMM_MACHINE_MACHINE_H
#define VMM_MACHINE_MACHINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/guest_mem.h"
#include "kvmclock/timebase.h"
#include "vmm/host/console.h"
#include "vmm/host/host_identity.h"
#include "vmm/host/host_options.h"
#include "vmm/kvm/irqchip.h"
#include "vmm/kvm/kvm.h"
#include "vmm/machine/board.h"
#include "vmm/machine/exit_status.h"
#include "vmm/machine/live_clock.h"
#include "vmm/machine/machine_config.h"
#include "vmm/machine/machine_state.h"
#include "vmm/machine/page_set.h"
#include "vmm/machine/panic_watch.h"
#include "vmm/machine/timer_rest.h"
#include "vmm/machine/vcpu.h"

struct boot_files;
struct machine_events;
struct machine_trace;
struct watch;

#define MACHINE_END_TEXT_SIZE 512

/* Why a machine ends, as QEMU tells it apart (ShutdownCause in its qapi/run-state.json). */
enum machine_end_cause {
    MACHINE_ENDED_BY_HOST_ERROR,
    MACHINE_ENDED_BY_HOST_SIGNAL, /* also by a time limit */
    MACHINE_ENDED_BY_HOST_UI,     /* the escape key */
    MACHINE_ENDED_BY_QUIT,        /* two commands of the control socket */
    MACHINE_ENDED_BY_SYSTEM_RESET,
    MACHINE_ENDED_BY_GUEST_SHUTDOWN,
    MACHINE_ENDED_BY_GUEST_RESET,
    MACHINE_ENDED_BY_GUEST_PANIC,
};

/* Sees each byte that the guest sends to a serial port, under the lock; byte is NULL: nobody does.
 */
struct console_tap {
    void (*byte)(void *ctx, uint8_t byte);
    void *ctx;
};

/*
 * Whether the main loop has an end of the run to see to, once the main thread comes back to it: for
 * what takes that thread seconds. is_due is NULL: there is no such loop.
 */
struct machine_end_watch {
    bool (*is_due)(void *ctx);
    void *ctx;
};

/* Why vCPUs are not to enter the guest: bits. */
enum machine_stop { MACHINE_STOP_END = 1, MACHINE_STOP_PAUSE = 2 };

struct machine {
    /* Fixed once created. */
    const struct machine_config *config;
    const struct host_options *host;
    struct kvm kvm;
    struct irqchip irqchip;
    struct guest_mem memory;
    void *memory_mapping;
    /* Of a machine that is restored: the snapshot. */
    struct guest_mem_file memory_file;
    /* Under the lock: what the program was ever shown of it to write to (page_set.h). */
    struct page_set own_pages;
    /* Under the lock: what devices have written to since a migration looked last. */
    struct page_set device_pages;
    /* See boot/smram.h. */
    void *smram_mapping;
    /* See machine_acpi.h. */
    uint8_t *acpi_pages;
    struct vcpu *vcpus;
    /* New at each run, restore and clone; a migration and a reset keep it. VMGenID shows it. */
    uint8_t generation_id[GENERATION_ID_BYTES];
    /* The guest does not see that it runs on KVM: see hypercall.h. */
    bool kvm_hidden;
    /* What a reset boots again, open for so long; NULL: a reset ends the run. See
     * machine_reboot.h. */
    const struct boot_files *boot_files;
    /* Of the main thread: how many times it has booted again. */
    unsigned reboots;
    /* At guest time 0, nanoseconds since the epoch: wall time (UTC), and what the RTC shows. */
    uint64_t wall_zero_ns;
    uint64_t rtc_zero_ns;

    /* Under the lock. */
    pthread_mutex_t lock;
    struct timebase timebase;
    struct machine_time time;
    struct board board;
    struct panic_watch panic;
    /* Whether the guest has sent a byte to COM1, and whether it has ended the run by port F4h. */
    bool com1_used;
    bool ended_by_port;
    /* Of the main thread: the user or a limit of time waits for no reader of output any more. */
    bool readers_dismissed;
    struct machine_end_watch end_watch;
    struct machine_rtc rtc;
    struct machine_vmclock vmclock;
    struct machine_tsc tsc;
    struct quiesce quiesce;
    struct machine_cut cut;
    struct machine_pause pause;
    struct machine_sleep sleep;
    struct skip_idle skip;
    struct machine_delivery delivery;
    struct machine_disks disks;
    struct machine_share share;
    struct timer drift_timer;
    struct machine_dates dates;
    /* Of the main thread: of the faults that are going on, in this boot. */
    struct fault_ends fault_ends;
    /* machine_fault_jitter.h */
    struct timer jitter_timer;

    /* Partly of the main loop; see eoi.h. */
    struct eoi_notices eoi;

    /* Guest time and the HPET's counter, read without the lock as well. */
    struct live_clock live;

    /* The timer thread, with the lock; timer_changed wakes it for an earlier deadline. */
    pthread_t timer_thread;
    bool timer_thread_started;
    pthread_cond_t timer_changed;
    struct timer_rest timer_rest;

    /* Guest side under the lock, host side in the main thread; see console.h. */
    struct console console;
    struct console report;
    /* Sees what the guest sends to both, under the lock; NULL: nobody does. */
    struct watch *watch;
    struct console_tap console_tap;
    struct console_tap report_tap;

    /* --trace; NULL: there is none. Fixed while threads run. */
    struct machine_trace *trace;
    /* Under the lock, before it is released; NULL: nothing. Fixed while threads run. */
    void (*before_unlock)(struct machine *machine);

    /* What has happened, for who listens; NULL: nobody does. The list is under the lock. */
    struct machine_events *events;

    /* Bits of enum machine_stop. */
    atomic_uint stop_reasons;

    /* The end: written once, by whoever brings it about; end_fd becomes readable. */
    int end_fd;
    int end_status;
    enum machine_end_cause end_cause;
    /* The main thread's: no thread of the guest's is left. */
    bool stopped;
    /* What the guest sent was lost, or the NVRAM file is not written. */
    bool output_lost;
    char end_text[MACHINE_END_TEXT_SIZE];
};

/* Takes the lock and returns guest time, never less than before. */
uint64_t machine_lock(struct machine *machine);

/* Takes the lock and samples nothing. Returns the latest time that anybody was given. */
uint64_t machine_lock_timeless(struct machine *machine);

/*
 * Under the lock: guest time for an access that can change how the HPET's counter follows from
 * time.
 */
uint64_t machine_now_to_change(struct machine *machine);

/* Guest time now, for a thread that has held the lock for a while; never less than before. */
uint64_t machine_now(struct machine *machine);

/*
 * Under the lock: the host pointer to memory that the program writes to while the guest runs, as
 * guest_mem_at. From then on a migration takes it for written to.
 */
void *machine_memory_to_write(struct machine *machine, uint64_t gpa, uint64_t size_bytes);

/*
 * Under the lock, before it is released, as there may have been a change of timebase or counter:
 * live_clock.h has the new values. Calls before_unlock.
 */
void machine_publish(struct machine *machine);

/*
 * Calls machine_publish, releases the lock, and wakes the timer thread if there is an earlier
 * deadline now.
 */
void machine_unlock(struct machine *machine);

/*
 * Ends the machine with an exit status and one line for the user; an empty line is not printed.
 * Only the first call has an effect. Any thread may call it, with or without the lock.
 */
void machine_end(struct machine *machine, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a cause that does not follow from the status. True: it was the first call. */
bool machine_end_because(struct machine *machine, enum machine_end_cause cause, int status,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether machine_end was called. */
bool machine_is_ending(const struct machine *machine);

#endif
