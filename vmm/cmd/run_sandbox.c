/* SPDX-License-Identifier: BSD-2-Clause */
/* See run_sandbox.h. */
#include "vmm/cmd/run_sandbox.h"

#include <string.h>
#include <unistd.h>

#include "vmm/cmd/options.h"
#include "vmm/cmd/sandbox_options.h"
#include "vmm/host/landlock.h"
#include "vmm/host/log.h"
#include "vmm/host/sandbox.h"
#include "vmm/kvm/kvm_access.h"
#include "vmm/machine/machine.h"

static unsigned features_of(const struct machine *machine)
{
    const struct host_options *host = machine->host;
    unsigned features = 0;

    if (host->rtc_nvram_path[0] != '\0' || host->snapshot_at.path[0] != '\0')
        features |= SANDBOX_FILES;
    if (host->serial2_path != NULL)
        features |= SANDBOX_SOCKETS;
    if (host->reboot_again)
        features |= SANDBOX_REBOOT;
    if (machine->config->vmclock != VMCLOCK_OFF)
        features |= SANDBOX_VMCLOCK;
    if (host->snapshot_at.pattern[0] != '\0')
        features |= SANDBOX_MEMORY;
    if (machine->config->virtio_rng != 0)
        features |= SANDBOX_RNG;
    if (host->trace_path != NULL)
        features |= SANDBOX_TRACED;
    return features;
}

/*
 * The main thread alone stays outside where it does more than run a guest: with a control socket,
 * whose commands name any file and start programs, and in the commands that judge a guest and then
 * write their results.
 */
static bool is_confined(const struct options *options)
{
    bool only_runs = options->command == COMMAND_RUN || options->command == COMMAND_RESTORE;

    return options->host.sandbox && only_runs && options->host.control_path == NULL;
}

/* What is read again when a machine is saved, or made anew: see the places that name these. */
static void allow_host_facts(int rules)
{
    static const char *const paths[] = {
        "/proc/self",
        "/proc/sys/kernel/random/boot_id",
        "/sys/devices/system/clocksource/clocksource0",
    };

    for (unsigned i = 0; i < sizeof paths / sizeof paths[0]; i++)
        landlock_allow_read(rules, paths[i]);
}

/* -1: this kernel has no Landlock. */
static int open_rules(const struct host_options *host)
{
    int rules = landlock_open();

    if (rules < 0)
        return -1;
    if (host->rtc_nvram_path[0] != '\0')
        landlock_allow_save(rules, host->rtc_nvram_path);
    if (host->snapshot_at.path[0] != '\0')
        landlock_allow_save(rules, host->snapshot_at.path);
    if (host->serial2_path != NULL)
        landlock_allow_remove(rules, host->serial2_path);
    if (host->reboot_again)
        landlock_allow_write(rules, KVM_DEVICE);
    allow_host_facts(rules);
    return rules;
}

int run_sandbox_prepare(struct run_sandbox *sandbox, const struct machine *machine,
                        const struct options *options)
{
    sandbox->rules = -1;
    if (!options->host.sandbox) {
        if (SANDBOX_OPTIONS_DEFAULT)
            log_note("--sandbox off: a guest that breaks out of minivmm can do what its user can");
        return 0;
    }
    if (is_confined(options))
        sandbox->rules = open_rules(&options->host);
    return sandbox_prepare(features_of(machine));
}

int run_sandbox_enter(struct run_sandbox *sandbox, const struct options *options)
{
    int result;

    if (!is_confined(options))
        return 0;
    result = sandbox_forbid_privileges();
    if (result == 0)
        result = landlock_enter(sandbox->rules);
    if (result == 0)
        result = sandbox_enter(SANDBOX_MAIN);
    if (result < 0)
        log_error("cannot enter the sandbox: %s", strerror(-result));
    sandbox->rules = -1;
    return result;
}

void run_sandbox_release(struct run_sandbox *sandbox)
{
    if (sandbox->rules >= 0)
        close(sandbox->rules);
    sandbox->rules = -1;
}
