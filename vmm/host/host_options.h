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

#include "vmm/host/console.h"

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

/* The strings that are pointers belong to argv. */
struct host_options {
    const char *kernel_path;
    /* NULL: the built-in clock probe. */
    const char *initrd_path;
    /* NULL: this is no run-test. */
    const struct run_link *link;
    /* Without --cmdline, KERNEL_OPTIONS_CMDLINE. */
    const char *cmdline;
    /* Without --append, NULL. */
    const char *append;
    enum console_kind console;
    /* With CONSOLE_FILE only. */
    const char *console_path;
    /* NULL: no control socket. */
    const char *control_path;
    /* NULL: what the guest sends on COM2 is dropped. */
    const char *report_path;
    /* Of each regular file that a console or a report goes to. */
    uint64_t output_limit_bytes;
    /* 0: no limit. */
    uint64_t timeout_ns;
    /* From SIGTERM, which presses the power button, to the end; 0: no button, the end at once. */
    uint64_t grace_ns;
    /* A byte v that the guest writes to port F4h: the status is v, not (v << 1) | 1. */
    bool exit_port_plain;
    /* After the guest's end, for readers of its output that take nothing. */
    uint64_t output_wait_ns;
    /* Empty: the RTC's memory is not kept. */
    char rtc_nvram_path[PATH_MAX];
    /* Go on even if not all that --tsc asks for takes effect; see machine_tsc.h. */
    bool tsc_best_effort;
    bool verbose;
    /* What a check adds to the kernel's command line; empty otherwise. */
    char check_words[128];
};

/*
 * The kernel's command line: cmdline, then append. Between them, if the machine has another date
 * than the host, the word that tells the built-in clock probe not to compare the two, and those of
 * a check. The caller frees it; NULL if out of memory.
 */
char *host_options_kernel_cmdline(const struct host_options *options, bool other_date);

#endif
