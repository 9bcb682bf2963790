/* SPDX-License-Identifier: BSD-2-Clause */
/* See skip_idle.h. */
#include "vmm/machine/skip_idle.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "vmm/host/host_clock.h"
#include "vmm/host/log.h"
#include "vmm/kvm/kvm_vcpu.h"
#include "vmm/machine/idle_vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/machine_cut.h"
#include "vmm/machine/machine_disk.h"
#include "vmm/machine/machine_pause.h"
#include "vmm/machine/machine_trace.h"
#include "vmm/machine/machine_tsc.h"
#include "vmm/machine/quiesce.h"

/* Host time that may be made up for at once with max-speed=. */
#define PAID_MAX_NS UINT64_C(10000000)

/* Why not, as the line that is an error; NULL: nothing speaks against it. */
static const char *find_obstacle(const struct machine *machine)
{
    const struct machine_config *config = machine->config;

    if (config->kvmclock == KVMCLOCK_KERNEL)
        return "with --kvmclock kernel the clock is KVM's, which takes long to set";
    if (config->kvmclock_follow == KVMCLOCK_FOLLOW_REALTIME)
        return "--kvmclock-follow realtime keeps guest time at the host's date";
    if (config->rtc_follows_host)
        return "--rtc clock=host keeps the RTC at the host's date";
    if (config->ptp_kvm == PTP_KVM_HOST)
        return "--ptp-kvm host tells the guest the host's date";
    if (config->halt_in_guest)
        return "with --halt-in-guest KVM does not see that a vCPU is halted";
    if (config->steal == STEAL_PERCENT)
        return "the steps of --steal N% leave no idle time to skip";
    if (!dilation_is_one(config->time_rate) && machine->host->skip_idle.max_speed != 0)
        return "max-speed= and --time-rate both say how fast guest time runs; leave out max-speed=";
    if (machine->vcpus[0].halted.fd < 0)
        return "this KVM does not say which vCPU is halted (Linux before 5.16)";
    return NULL;
}

/* Whoever sits at a terminal is slow, and guest time does not wait for keys. */
static void say_to_user(const struct machine *machine)
{
    const struct skip_idle_choice *choice = &machine->host->skip_idle;

    if (choice->on && choice->max_speed == 0 && machine->host->console == CONSOLE_STDIO &&
        isatty(STDIN_FILENO))
        log_note("--skip-idle: guest time runs ahead while the guest waits for your keys; "
                 "--skip-idle max-speed=N limits it");
}

int skip_idle_prepare(struct machine *machine)
{
    const struct skip_idle_choice *choice = &machine->host->skip_idle;
    const char *obstacle;
    int result;

    if (!choice->asked)
        return 0;
    for (unsigned i = 0; i < SKIP_VISITORS; i++)
        machine->skip.visits_ns[i] = TIME_NEVER_NS;
    result = machine_tsc_find_out_apart(machine);
    if (result < 0)
        return result;
    obstacle = find_obstacle(machine);
    if (obstacle == NULL && !machine_tsc_offsets_work(machine))
        obstacle = "it needs TSC offsets that take effect, and this KVM ignores them; minivmm "
                   "doctor says more";
    if (obstacle != NULL) {
        log_error("--skip-idle: %s", obstacle);
        return -ENOTSUP;
    }
    machine->skip.visited_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (machine->skip.visited_fd < 0) {
        log_error("eventfd: %s", strerror(errno));
        return -errno;
    }
    skip_idle_switch(machine, choice->on);
    say_to_user(machine);
    return 0;
}

void skip_idle_release(struct machine *machine)
{
    if (skip_idle_is_possible(machine))
        close(machine->skip.visited_fd);
    machine->skip.visited_fd = -1;
}

bool skip_idle_is_possible(const struct machine *machine)
{
    return machine->host->skip_idle.asked && machine->skip.visited_fd >= 0;
}

void skip_idle_switch(struct machine *machine, bool on)
{
    struct skip_idle *skip = &machine->skip;

    skip->on = on;
    skip->waits_for_outside = false;
    skip->interval_ns = SKIP_IDLE_LOOK_MIN_NS;
    skip->paid_monotonic_ns = skip->look_monotonic_ns = host_monotonic_ns();
}

void skip_idle_stop_at(struct machine *machine, enum skip_visitor visitor, uint64_t guest_ns)
{
    machine->skip.visits_ns[visitor] = guest_ns;
}

static uint64_t next_visit_ns(const struct skip_idle *skip)
{
    uint64_t next_ns = TIME_NEVER_NS;

    for (unsigned i = 0; i < SKIP_VISITORS; i++)
        next_ns = timerq_earlier(next_ns, skip->visits_ns[i]);
    return next_ns;
}

/* What happens next, beside the timers of the local APICs. */
static uint64_t next_of_board_ns(const struct machine *machine)
{
    return timerq_earlier(
        timerq_next_deadline_ns(&machine->board.timers),
        timerq_earlier(next_visit_ns(&machine->skip), machine->host->skip_idle.until_ns));
}

/* How many HLTs the vCPUs have executed together. False if that cannot be read. */
static bool count_halts(const struct machine *machine, uint64_t *sum)
{
    uint64_t count;

    *sum = 0;
    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        if (!kvm_halt_stat_count(&machine->vcpus[i].halted, &count))
            return false;
        *sum += count;
    }
    return true;
}

/* Every vCPU is idle, and nothing is known that wakes one. */
static void note_that_it_waits(struct machine *machine)
{
    struct skip_idle *skip = &machine->skip;

    skip->waits_for_outside = count_halts(machine, &skip->halt_count);
}

/* All sleep. One that has run since, and so may have armed a timer, has executed a HLT. */
static bool still_waits(struct machine *machine)
{
    struct skip_idle *skip = &machine->skip;
    uint64_t halt_count;

    skip->waits_for_outside = skip->waits_for_outside &&
                              next_of_board_ns(machine) == TIME_NEVER_NS &&
                              count_halts(machine, &halt_count) && halt_count == skip->halt_count;
    return skip->waits_for_outside;
}

static bool all_sleep(const struct machine *machine)
{
    for (unsigned i = 0; i < machine->config->cpu_count; i++)
        if (!kvm_halt_stat_read(&machine->vcpus[i].halted))
            return false;
    return true;
}

/*
 * Each of these calls waits until the vCPU has left KVM_RUN. Only after all of them is nobody there
 * who could still send an interrupt to one that was looked at already.
 */
static bool wait_for_all(struct machine *machine)
{
    bool known = true;

    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        struct vcpu *vcpu = &machine->vcpus[i];

        known = kvm_vcpu_get_mp_state(vcpu->fd, &vcpu->mp_state) == 0 && known;
    }
    return known;
}

/* The vCPU becomes a part of the cut. */
static bool is_idle(struct machine *machine, unsigned index, uint64_t *wakes_ns)
{
    struct vcpu *vcpu = &machine->vcpus[index];
    struct idle_view view = {.mp_state = vcpu->mp_state,
                             .guest_ns = machine->cut.guest.guest_ns,
                             .dilation = machine->config->time_rate};

    if (machine_cut_take_vcpu(machine, index, &view.lapic) < 0 ||
        kvm_vcpu_get_events(vcpu->fd, &view.events) < 0 ||
        !kvm_halt_stat_count(&vcpu->halted, &view.halt_count))
        return false;
    view.time = machine->cut.guest.vcpus[index];
    return idle_vcpu_judge(&vcpu->idle, &view, wakes_ns);
}

/* Every vCPU is looked at, as each needs two views where there is a doubt. TIME_NEVER_NS: not. */
static uint64_t find_wake_ns(struct machine *machine)
{
    uint64_t wake_ns = next_of_board_ns(machine);
    bool idle = wait_for_all(machine);

    for (unsigned i = 0; i < machine->config->cpu_count; i++) {
        uint64_t vcpu_ns = TIME_NEVER_NS;

        idle = is_idle(machine, i, &vcpu_ns) && idle;
        wake_ns = timerq_earlier(wake_ns, vcpu_ns);
    }
    if (idle && wake_ns == TIME_NEVER_NS)
        note_that_it_waits(machine);
    return idle && wake_ns <= MACHINE_CUT_LATEST_NS ? wake_ns : TIME_NEVER_NS;
}

/* How much of a jump the user allows now. */
static uint64_t limit_ns(struct machine *machine, uint64_t by_ns)
{
    uint32_t max_speed = machine->host->skip_idle.max_speed;
    uint64_t *paid_ns = &machine->skip.paid_monotonic_ns;
    uint64_t now_ns = host_monotonic_ns();

    if (max_speed == 0)
        return by_ns;
    if (now_ns - *paid_ns > PAID_MAX_NS)
        *paid_ns = now_ns - PAID_MAX_NS;
    by_ns = timerq_earlier(by_ns, (now_ns - *paid_ns) * (max_speed - 1));
    *paid_ns += by_ns / (max_speed - 1);
    return by_ns;
}

/* From the cut guest time has gone on meanwhile, and is not to go past the wake by that. */
static uint64_t find_jump_ns(struct machine *machine, uint64_t wake_ns)
{
    uint64_t now_ns = timebase_ns(&machine->timebase, host_tsc());

    if (wake_ns == TIME_NEVER_NS || wake_ns < now_ns + SKIP_IDLE_LEAST_NS)
        return 0;
    return limit_ns(machine, wake_ns - now_ns);
}

static void jump(struct machine *machine, uint64_t by_ns)
{
    struct skip_idle *skip = &machine->skip;

    if (!machine_cut_jump(machine, by_ns)) {
        log_error("--skip-idle: this KVM has moved guest time, and not every TSC: no more idle "
                  "time is skipped");
        skip->on = false;
    }
    machine_trace_why(machine, TRACE_STEP_SKIP_IDLE);
    skip->jump_count++;
    skip->skipped_ns += by_ns;
    if (next_visit_ns(skip) <= machine_now(machine))
        eventfd_write(skip->visited_fd, 1);
}

/* All vCPUs sleep. Returns by how much guest time has jumped. */
static uint64_t skip(struct machine *machine)
{
    bool was_kept_out = quiesce_keep_out(machine);
    uint64_t by_ns = 0;

    if (!was_kept_out) {
        machine_cut_begin(machine);
        by_ns = find_jump_ns(machine, find_wake_ns(machine));
        if (by_ns > 0)
            jump(machine, by_ns);
        else
            machine_cut_drop(machine);
    }
    quiesce_let_in(machine, was_kept_out);
    return by_ns;
}

/* Nothing that takes a vCPU out of the guest for a jump that would not be worth it. */
static bool may_skip(struct machine *machine, uint64_t guest_ns)
{
    return !machine_pause_is_behind(machine) && !machine_disk_is_busy(machine) &&
           machine_tsc_offsets_work(machine) &&
           next_of_board_ns(machine) >= guest_ns + SKIP_IDLE_LEAST_NS && all_sleep(machine) &&
           !still_waits(machine);
}

/* When the next look is due, after one that has ended just now. */
static void plan_look(struct skip_idle *skip, uint64_t end_ns, bool has_jumped)
{
    uint64_t longest_ns =
        skip->waits_for_outside ? SKIP_IDLE_LOOK_OUTSIDE_NS : SKIP_IDLE_LOOK_MAX_NS;

    if (has_jumped)
        skip->interval_ns = SKIP_IDLE_LOOK_MIN_NS;
    skip->interval_ns = timerq_earlier(skip->interval_ns, longest_ns);
    skip->look_monotonic_ns = end_ns + skip->interval_ns;
    if (!has_jumped)
        skip->interval_ns *= 2;
}

bool skip_idle_look(struct machine *machine)
{
    struct skip_idle *self = &machine->skip;
    uint64_t now_ns, end_ns, guest_ns, by_ns;

    if (!self->on)
        return false;
    now_ns = host_monotonic_ns();
    if (now_ns < self->look_monotonic_ns)
        return false;
    guest_ns = machine_now(machine);
    if (guest_ns >= machine->host->skip_idle.until_ns) {
        self->on = false;
        return false;
    }
    by_ns = may_skip(machine, guest_ns) ? skip(machine) : 0;
    end_ns = host_monotonic_ns();
    if (by_ns > 0)
        self->spent_ns += end_ns - now_ns;
    plan_look(self, end_ns, by_ns > 0);
    return by_ns > 0;
}

uint64_t skip_idle_due_monotonic_ns(const struct machine *machine)
{
    return machine->skip.on ? machine->skip.look_monotonic_ns : TIME_NEVER_NS;
}

void skip_idle_report(const struct machine *machine)
{
    const struct skip_idle *skip = &machine->skip;

    if (skip->jump_count > 0)
        log_info("--skip-idle: %.3f s of guest time in %llu jumps of %.1f us of the host's each",
                 (double)skip->skipped_ns / NS_PER_SEC, (unsigned long long)skip->jump_count,
                 (double)skip->spent_ns / 1000 / (double)skip->jump_count);
    else if (skip_idle_is_possible(machine))
        log_info("--skip-idle: there was no idle time to skip");
}
