/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the modules of the machine keep in it. Each struct belongs to the module of its name, whose
 * header says what it means; they are here together so that machine.h needs none of these modules,
 * which all need machine.h.
 */
#ifndef VMM_MACHINE_MACHINE_STATE_H
#define VMM_MACHINE_MACHINE_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/timerq.h"
#include "kvmclock/date_fault.h"
#include "kvmclock/guest_tsc.h"
#include "kvmclock/host_facts.h"
#include "kvmclock/steering.h"
#include "kvmclock/time_cut.h"
#include "snapshot/host_record.h"
#include "timelab/delivery.h"
#include "timelab/fault_ends.h"
#include "vmm/host/disk.h"
#include "vmm/host/event_loop.h"
#include "vmm/host/nvram_file.h"
#include "vmm/host/tai_offset.h"
#include "vmm/kvm/tsc_measure.h"
#include "vmm/machine/board.h"
#include "vmm/machine/machine_config.h"

struct machine;

/* machine_time.h */
struct machine_time {
    /* Fixed once created; the facts are read while the VM is made (machine_boot.c). */
    struct host_facts facts;
    struct clock_bracket first_raw;
    struct clock_bracket first_followed;

    /* Under the lock. */
    struct calibration raw;
    struct steering steering;
    bool is_constant;
    uint64_t logged_bound_ppt;
    /* CLOCK_MONOTONIC at the last change of the timebase, and at the last update. */
    uint64_t based_monotonic_ns;
    uint64_t updated_monotonic_ns;
    bool fall_is_said;
    /* --kvmclock-follow realtime: guest time is away from the date, and that was said. */
    bool slew_is_said;
};

/* machine_vmclock.h. Under the lock. */
struct machine_vmclock {
    struct clock_bracket first;
    /* The rate of CLOCK_MONOTONIC, which gains so much on the host's counter by NTP's word. */
    struct calibration monotonic;
    int64_t gain_ppt;
    struct tai_offset tai;
    uint64_t published_monotonic_ns;
    bool is_disrupted;
};

/* machine_fault_dates.h. Under the lock. */
struct machine_dates {
    struct date_fault vmclock;
    struct date_fault ptp;
    /* Leap seconds that there were by a fault: all of them, and those that vmclock's page has in
     * its TAI - UTC. */
    int16_t leaps;
    int16_t leaps_told;
    /* The one that is announced. */
    struct timer leap_timer;
};

/* machine_rtc.h */
struct machine_rtc {
    /* Fixed while a guest runs. Whether the file has what is kept. */
    struct nvram_image kept;
    bool kept_is_file;
    struct nvram_lock lock;
    /* The machine boots again: the offsets are those that it had. */
    bool goes_on;

    /* Under the lock. */
    int64_t offset_ns;
    /* What it is by `base=`; fixed once created. */
    int64_t base_offset_ns;
    /* The guest has set the date: waits until it has written all of it, then tells the user. */
    struct timer report_timer;
    int64_t reported_wall_ns;
    bool reported;

    /* Of the main loop: -1 unless the RTC follows the host's clock. */
    int timer_fd;
};

/* machine_tsc.h. */
/* Fixed once the guest runs. */
struct machine_tsc {
    bool offsets_measured;
    /* A guest's TSC follows the offset that KVM is told. */
    bool offsets_work;
};

/* Of a vCPU. */
struct vcpu_tsc {
    /* Fixed once it runs. The verdict is with --tsc. */
    struct tsc_ratio ratio;
    enum tsc_verdict verdict;

    /* Under the lock: the offset that KVM has said, unless it was set since. */
    bool offset_is_known;
    uint64_t offset;
};

/*
 * Of a vCPU, by the fault tsc.rate: its TSC drifts. At since_ns + n * every_ns of guest time it is
 * ahead by n * every_ns * ppb / 1e9 of its own, of which done_cycles are done. every_ns is 0: none.
 */
struct tsc_drift {
    int64_t ppb;
    uint64_t every_ns;
    uint64_t since_ns;
    uint64_t steps;
    int64_t done_cycles;
};

/* machine_share.h. Under the lock. Of each period so many ns are stolen from since_ns on; 0: none.
 */
struct machine_share {
    uint64_t since_ns;
    uint64_t stolen_ns;
    struct timer timer;
};

/* quiesce.h. Under the lock. */
struct quiesce {
    unsigned held_vcpus;
    /* Signalled when a vCPU is held, and when all are let go. */
    pthread_cond_t changed;
};

/* machine_cut.h. */
/* An instant, as the host has it. */
struct machine_instant {
    uint64_t host_tsc;
    uint64_t host_monotonic_ns;
    /* --kvmclock kernel: what KVM's clock shows to the guest, if KVM says so. */
    bool has_kvm_clock;
    uint64_t kvm_clock_ns;
};

/* Under the lock. */
struct machine_cut {
    /* Guest time stands still at the cut. */
    bool active;
    struct time_cut guest;
    struct machine_instant taken;
    /* The clocks of the host just after it, for a snapshot; which host it is, is not in it. */
    struct host_record clocks;
    /* Where guest time is to go on. */
    struct machine_instant end;
    /* The vCPUs are new ones: nothing of theirs has gone on by itself since the cut. */
    bool is_restored;
};

/* machine_pause.h. */
/* What becomes of the time of a pause. */
enum pause_policy { PAUSE_AS_CONFIGURED, PAUSE_FREEZE, PAUSE_ADVANCE, PAUSE_MARKER };

/* Under the lock; written by the main thread alone. */
struct machine_pause {
    /* SIGUSR1 has come, and SIGUSR2 not yet. */
    bool active;
    uint64_t begun_ns;
    /* A fault's: when it ends by itself, by CLOCK_MONOTONIC; 0: it does not. */
    uint64_t ends_ns;
    enum pause_policy policy;
    /* Host TSC cycles that guest time still has to go on by; and when, by CLOCK_MONOTONIC. */
    uint64_t behind_cycles;
    uint64_t next_step_ns;
    /* The pause is a migration's, which alone ends it. */
    bool is_moving;
    /* In a pause between two steps: for how long the guest has still to run before the next one. */
    uint64_t run_left_ns;
};

/* machine_sleep.h */
struct machine_sleep {
    /* An eventfd, or -1: readable once the guest goes to sleep or is to wake. */
    int fd;
    /* Under the lock: the vCPUs sleep; and the user wakes them. */
    bool has_begun;
    bool wake_is_asked;
};

/* skip_idle.h. Under the lock. */
/* Who does something at a guest time, beside the guest. */
enum skip_visitor { SKIP_FOR_FAULT, SKIP_FOR_SNAPSHOT, SKIP_VISITORS };

struct skip_idle {
    bool on;
    /* By CLOCK_MONOTONIC: when to look next; how long after that, if the look finds nothing. */
    uint64_t look_monotonic_ns;
    uint64_t interval_ns;
    /* All vCPUs were idle with nothing to wake them, after so many HLTs of them together. */
    bool waits_for_outside;
    uint64_t halt_count;
    /* By CLOCK_MONOTONIC: guest time may have jumped as far as --skip-idle allows until then. */
    uint64_t paid_monotonic_ns;
    /* Guest times at which guest time is not to jump past; TIME_NEVER_NS: none. */
    uint64_t visits_ns[SKIP_VISITORS];
    /* An eventfd, readable once one of them has come; -1: idle time cannot be skipped. */
    int visited_fd;
    /* What was skipped, and how long the host took for it. */
    uint64_t jump_count;
    uint64_t skipped_ns;
    uint64_t spent_ns;
};

/* machine_disk.h. Fixed while the guest runs, but for are_stopping and what is in the files. */
struct machine_disk {
    struct machine *machine;
    struct disk file;
};

struct machine_disks {
    unsigned count;
    struct machine_disk disks[MACHINE_MAX_DISKS];
    struct virtio_blk_wiring wirings[MACHINE_MAX_DISKS];
    /* VIRTQ_MAX_SIZE for each disk. */
    struct blk_request *requests;
    /* An eventfd, readable once a request is done. */
    int done_fd;
    /* Of the main loop. */
    struct event_source source;
    /* Under the lock: the vCPUs are kept out of the guest until nothing is under way. */
    bool are_stopping;
};

/* machine_delivery.h. Under the lock. */
struct machine_delivery {
    struct delivery rules;
    /* GSIs as bits: how their devices have them, whatever has come of it. */
    uint32_t levels;
    struct timer timer;
    /* The board's hook. */
    void (*send_message)(void *ctx, uint32_t address, uint32_t data);
};

/* eoi.h */
struct eoi_line {
    struct machine *machine;
    unsigned gsi;
    /* Eventfds: what listen_for_eoi of irqchip.h wants. */
    int unused_fd;
    int eoi_fd;
    /* Under the lock: KVM counts EOIs in eoi_fd; and the main loop is to wait for them. */
    bool is_listening;
    bool is_waited_for;
    struct event_source source;
};

struct eoi_notices {
    /*
     * Bitmaps of GSIs, under the lock. wanted: the board wants their EOIs, and they were not driven
     * yet. driven: driven for the first time; the main loop has still to register the listener.
     */
    uint32_t wanted;
    uint32_t driven;
    /* An eventfd, readable once a bit of driven or an is_waited_for was set. */
    int changed_fd;
    /* Fixed once open: a line for each GSI that was wanted then. */
    struct eoi_line lines[BOARD_MAX_EOI_GSIS];
    unsigned count;
    /* Of the main loop. */
    struct event_source changed_source;
};

#endif
