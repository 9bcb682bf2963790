/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run needs of the host and the guest cannot see: files, consoles, the time limit. The other
 * half of the options is struct machine_config.
 */
#ifndef VMM_HOST_HOST_OPTIONS_H
#define VMM_HOST_HOST_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "kvmclock/dilation.h"
#include "vmm/host/console.h"
#include "vmm/host/tai_offset.h"

struct event_loop;

/* What run-test has beside the options; it belongs to vmm/cmd/run_test.c. */
struct run_link {
    /* The other end of COM2, both ways. */
    int stream_fd;
    /* Takes the place of the initrd. */
    int initramfs_fd;
    uint64_t initramfs_bytes;
    const char *program_path;
    /* Before the guest runs: adds what is needed to the loop; 0 or -errno. After its end, if the
     * machine was made: removes it. */
    int (*attach)(void *ctx, struct event_loop *loop);
    void (*detach)(void *ctx);
    void *ctx;
};

#define HOST_OPTIONS_MAX_INITRDS 32

/* --snapshot-at, or --save of a check; an empty path: none is asked for. */
struct snapshot_at {
    char path[PATH_MAX];
    /* When a probe asks for orders on COM2: base/probe_orders.h. */
    bool at_enquiry;
    /* Of a line on COM1; empty: at a guest time. */
    char pattern[256];
    uint64_t guest_ns;
    /* enum snapshot_then of vmm/machine/machine_snapshot.h */
    uint8_t then;
};

/* --skip-idle, in the guest's nanoseconds. */
struct skip_idle_choice {
    /* Idle time can be skipped in this run, and is from its start. */
    bool asked;
    bool on;
    /* Guest seconds in a second of the host, 2 or more; 0: as many as there are. */
    uint32_t max_speed;
    /* Guest time after which none is skipped; TIME_NEVER_NS: there is none. */
    uint64_t until_ns;
};

#define HOST_OPTIONS_MAX_DISKS 4

/* --disk */
struct disk_choice {
    char path[PATH_MAX];
    bool is_read_only;
};

/* The strings that are pointers belong to argv. */
struct host_options {
    /* Of the program, for who reads a snapshot; NULL: not told. */
    const char *version;
    const char *kernel_path;
    /* What --initrd says, each FILE or "FILE WORDS"; none: the built-in clock probe. */
    const char *initrds[HOST_OPTIONS_MAX_INITRDS];
    unsigned initrd_count;
    /* NULL: this is no run-test. */
    const struct run_link *link;
    /* What only a Linux is told; "" with --cmdline, else KERNEL_OPTIONS_CMDLINE. */
    const char *linux_words;
    /* NULL without these options. */
    const char *cmdline;
    const char *append;
    enum console_kind console;
    /* With CONSOLE_FILE only. */
    const char *console_path;
    /* NULL: no control socket. */
    const char *control_path;
    /* NULL: what the guest sends on COM2 is dropped, unless there is a serial2_path. */
    const char *report_path;
    /* NULL: there is no trace. */
    const char *trace_path;
    /* Of a socket that is COM2; NULL: there is none. */
    const char *serial2_path;
    /* Of each regular file that a console or a report goes to. */
    uint64_t output_limit_bytes;
    /* 0: no limit. */
    uint64_t timeout_ns;
    /* From SIGTERM, which presses the power button, to the end; 0: no button, the end at once. */
    uint64_t grace_ns;
    /* A guest whose vCPUs have all halted with interrupts off ends the run. */
    bool exit_on_halt;
    /* A reset boots the machine again. */
    bool reboot_again;
    /* A byte v that the guest writes to port F4h: the status is v, not (v << 1) | 1. */
    bool exit_port_plain;
    /* After the guest's end, for readers of its output that take nothing. */
    uint64_t output_wait_ns;
    /* Empty: the RTC's memory is not kept. */
    char rtc_nvram_path[PATH_MAX];
    /* Go on even if not all that --tsc asks for takes effect; see machine_tsc.h. */
    bool tsc_best_effort;
    /* TAI - UTC, and whether --vmclock was given. */
    struct tai_offset_choice tai_offset;
    bool vmclock_asked;
    bool verbose;
    /* --sandbox strict, which is the default: see sandbox.h. */
    bool sandbox;
    /* The guest's memory is in core files of the program. */
    bool core;
    struct skip_idle_choice skip_idle;
    struct disk_choice disks[HOST_OPTIONS_MAX_DISKS];
    unsigned disk_count;
    struct snapshot_at snapshot_at;
    /* What a check tells a Linux; empty otherwise. */
    char check_words[128];
    /* What a check tells a probe that it has restored, a line; empty otherwise. */
    char probe_orders[1024 + 1];
};

/*
 * What a kernel is told if it is Linux, before its command line: linux_words, then, if the machine
 * has another date than the host, the word that tells the built-in clock probe not to compare the
 * two, and if guest time runs at another rate, the word with that; then those of a check. The
 * caller frees it; NULL if out of memory.
 */
char *host_options_linux_words(const struct host_options *options, bool other_date,
                               struct dilation time_rate);

/* The command line of any kernel: cmdline, then append. The caller frees it; NULL: no memory. */
char *host_options_command_line(const struct host_options *options);

#endif
