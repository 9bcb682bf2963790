/* SPDX-License-Identifier: BSD-2-Clause */
/* See sandbox.h. */
#include "vmm/host/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/host/log.h"
#include "vmm/host/syscall_names.h"
#include "vmm/host/terminal.h"

/* si_code of a SIGSYS that a filter has sent: <asm-generic/siginfo.h>, which does not go together
 * with <signal.h>. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif
/* Threads that run a guest. Those of a later boot have the main thread's filter, too. */
#define RUNS_GUEST (1u << SANDBOX_VCPU | 1u << SANDBOX_MAIN)
/* BPF_MAXINSNS of <linux/bpf_common.h>. */
#define INSTRUCTIONS_MAX 4096

#ifdef SANDBOX_TRIAL
/* tests/sandbox/trial.c */
void sandbox_trial(enum sandbox_thread thread);
#endif

static const char *const thread_names[SANDBOX_THREADS] = {
    [SANDBOX_VCPU] = "a vCPU thread",     [SANDBOX_TIMER] = "the timer thread",
    [SANDBOX_TRACE] = "the trace thread", [SANDBOX_DISK] = "the thread of a disk",
    [SANDBOX_MAIN] = "the main thread",
};

/* Those that a kind of thread needs more calls for. */
static const unsigned features_of[SANDBOX_THREADS] = {
    [SANDBOX_VCPU] = SANDBOX_VMCLOCK | SANDBOX_MEMORY | SANDBOX_RNG,
    [SANDBOX_TIMER] = SANDBOX_MEMORY | SANDBOX_RNG,
    [SANDBOX_MAIN] =
        SANDBOX_FILES | SANDBOX_SOCKETS | SANDBOX_REBOOT | SANDBOX_TRACED | SANDBOX_RNG,
};

/* As sandbox_prepare has left it; count 0: there is none. */
struct filter {
    struct sock_filter instructions[INSTRUCTIONS_MAX];
    unsigned short count;
};
static struct filter filters[SANDBOX_THREADS];

static pid_t main_thread_id, process_id;
static void (*end_process)(void);
static __thread enum sandbox_thread own_thread;

/* The first violation: the number of the call and the kind of thread. */
static atomic_bool is_violated, is_told;
static int violated_number;
static enum sandbox_thread violated_thread;

/* Async-signal-safe. */
static void put(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return;
}

static const char *name_of(int number)
{
    const int count = sizeof syscall_names / sizeof syscall_names[0];

    return number >= 0 && number < count && syscall_names[number] != NULL
               ? syscall_names[number]
               : "with an unknown number";
}

static void say_violation(void)
{
    put("minivmm: the sandbox ends the run: ");
    put(thread_names[violated_thread]);
    put(" made the system call ");
    put(name_of(violated_number));
    put(", which it never needs; if the guest is not hostile, please report this\n");
}

/* For the main thread to end the process. This one does not go on. */
static void wait_for_the_end(void)
{
    static int never;

    syscall(SYS_tgkill, process_id, main_thread_id, SIGSYS);
    for (;;)
        syscall(SYS_futex, &never, FUTEX_WAIT_PRIVATE, 0, NULL);
}

/* What comes from elsewhere does what it would do without a handler. */
static void pass_on(int signal_number)
{
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void on_sigsys(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    if (info->si_code == SYS_SECCOMP && !atomic_exchange(&is_violated, true)) {
        violated_number = info->si_syscall;
        violated_thread = own_thread;
        atomic_store(&is_told, true);
    }
    if (info->si_code == SYS_SECCOMP && own_thread != SANDBOX_MAIN)
        wait_for_the_end();
    if (!atomic_load(&is_told)) {
        pass_on(signal_number);
        return;
    }
    terminal_restore();
    say_violation();
    end_process();
}

void sandbox_on_violation(void (*end)(void))
{
    end_process = end;
}

static int catch_sigsys(void)
{
    struct sigaction action = {.sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO};

    own_thread = SANDBOX_MAIN;
    main_thread_id = gettid();
    process_id = getpid();
    sigemptyset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) == 0 ? 0 : -errno;
}

/* One rule for each value that the argument may have. Of all these calls it has 32 bits. */
static int add_values(scmp_filter_ctx filter, int number, unsigned argument, const unsigned *values,
                      size_t count)
{
    int result = 0;

    for (size_t i = 0; result == 0 && i < count; i++)
        result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
                                  SCMP_CMP32(argument, SCMP_CMP_EQ, values[i]));
    return result;
}

static int add_prctls(scmp_filter_ctx filter)
{
    static const unsigned options[] = {PR_SET_NAME, PR_SET_TIMERSLACK, PR_SET_NO_NEW_PRIVS};

    return add_values(filter, SCMP_SYS(prctl), 0, options, sizeof options / sizeof options[0]);
}

static int add_fcntls(scmp_filter_ctx filter)
{
    static const unsigned commands[] = {F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_OFD_SETLK};

    return add_values(filter, SCMP_SYS(fcntl), 1, commands, sizeof commands / sizeof commands[0]);
}

static int add_call(scmp_filter_ctx filter, const struct sandbox_call *call)
{
    uint32_t allow = SCMP_ACT_ALLOW;

    switch (call->limit) {
    case SANDBOX_ANY:
        return seccomp_rule_add(filter, allow, call->number, 0);
    case SANDBOX_KVM_RUNS:
        return add_values(filter, call->number, 1, sandbox_kvm_runs, sandbox_kvm_run_count);
    case SANDBOX_KVM_MAKES:
        return add_values(filter, call->number, 1, sandbox_kvm_makes, sandbox_kvm_make_count);
    case SANDBOX_NO_EXEC:
        return seccomp_rule_add(filter, allow, call->number, 1,
                                SCMP_A2_32(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    case SANDBOX_OWN_PROCESS:
        return seccomp_rule_add(filter, allow, call->number, 1,
                                SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)process_id));
    case SANDBOX_A_THREAD:
        return seccomp_rule_add(filter, allow, call->number, 1,
                                SCMP_A0_32(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
    case SANDBOX_OF_A_THREAD:
        return add_prctls(filter);
    case SANDBOX_COPY_OR_LOCK:
        return add_fcntls(filter);
    case SANDBOX_EAGAIN:
        return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAGAIN), call->number, 0);
    case SANDBOX_ENOSYS:
        return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call->number, 0);
    }
    return -EINVAL;
}

/* The numbers of another architecture's calls are others: none is let through. */
static int add_calls(scmp_filter_ctx filter, unsigned who)
{
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    for (unsigned i = 0; result == 0 && i < sandbox_call_count; i++)
        if ((sandbox_calls[i].who & who) != 0)
            result = add_call(filter, &sandbox_calls[i]);
    return result;
}

/*
 * Each exit of the guest is followed by this call, so it is asked for before the others: libseccomp
 * puts ioctl behind them, and the numbers of ioctls from the highest down, 60 instructions in all.
 */
static const struct sock_filter lets_run[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 5),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KVM_RUN, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

#define LETS_RUN (sizeof lets_run / sizeof lets_run[0])

/* libseccomp gives its program to a file only. */
static int take_program(scmp_filter_ctx filter, int fd, bool runs_guest, struct filter *into)
{
    size_t before = runs_guest ? LETS_RUN : 0;
    size_t room_bytes = (INSTRUCTIONS_MAX - before) * sizeof into->instructions[0];
    int result = seccomp_export_bpf(filter, fd);
    ssize_t size_bytes;

    if (result < 0)
        return result;
    memcpy(into->instructions, lets_run, before * sizeof lets_run[0]);
    size_bytes = pread(fd, into->instructions + before, room_bytes, 0);
    if (size_bytes <= 0 || (size_t)size_bytes == room_bytes)
        return -EIO;
    into->count = (unsigned short)(before + (size_t)size_bytes / sizeof into->instructions[0]);
    return 0;
}

static int make_filter(struct filter *filter, unsigned who)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_TRAP);
    int fd = memfd_create("seccomp", MFD_CLOEXEC);
    int result = context == NULL || fd < 0 ? -ENOMEM : add_calls(context, who);

    if (result == 0)
        result = take_program(context, fd, (who & RUNS_GUEST) != 0, filter);
    if (context != NULL)
        seccomp_release(context);
    if (fd >= 0)
        close(fd);
    return result;
}

bool sandbox_is_known(void)
{
    uint32_t action = SECCOMP_RET_TRAP;

    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* Of clock_adjtime threads need what it reads; a filter does not see whether it sets something. */
static int give_up_setting_clocks(void)
{
    struct __user_cap_header_struct who = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3];
    const uint32_t setting = 1u << CAP_SYS_TIME;

    if (syscall(SYS_capget, &who, held) != 0)
        return -errno;
    if ((held[0].permitted & setting) == 0)
        return 0;
    held[0].effective &= ~setting;
    held[0].permitted &= ~setting;
    held[0].inheritable &= ~setting;
    return syscall(SYS_capset, &who, held) == 0 ? 0 : -errno;
}

int sandbox_prepare(unsigned features)
{
    int result;

    if (!sandbox_is_known()) {
        log_note("this host's kernel has no seccomp (%s): the run goes on without a sandbox",
                 strerror(errno));
        return 0;
    }
    /* Another heap for each thread would need more calls. */
    mallopt(M_ARENA_MAX, 1);
    result = catch_sigsys();
    if (result == 0)
        result = give_up_setting_clocks();
    for (unsigned i = 0; result == 0 && i < SANDBOX_THREADS; i++)
        result = make_filter(&filters[i], 1u << i | (features & features_of[i]));
    if (result < 0)
        log_error("cannot make the sandbox: %s", strerror(-result));
    return result;
}

int sandbox_forbid_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : -errno;
}

/* Without SPEC_ALLOW Linux before 5.16 makes a thread with a filter slower. What the flag leaves
 * open is for programs that run code of strangers in their own memory. */
int sandbox_enter(enum sandbox_thread thread)
{
    struct sock_fprog program = {.len = filters[thread].count,
                                 .filter = filters[thread].instructions};
    int result;

    own_thread = thread;
    if (program.len == 0)
        return 0;
    result = sandbox_forbid_privileges();
    if (result == 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                               &program) != 0)
        result = -errno;
#ifdef SANDBOX_TRIAL
    sandbox_trial(thread);
#endif
    return result;
}
