/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A /dev/kvm that is not there, for LD_PRELOAD: calls on it are answered here, so that what the
 * program does with a KVM that lacks something, or fails, can be tested on every machine.
 *
 * By environment variables; NAME is that of the header <linux/kvm.h>:
 *   FAKE_KVM_HIDE=NAME    KVM_CHECK_EXTENSION says that this capability is not there
 *   FAKE_KVM_FAIL=NAME    this ioctl fails with ENOMEM; mmap and pthread_create stand for the calls
 *                         that map a kvm_run page and start a thread
 *   FAKE_KVM_FAIL_ERRNO=N in place of ENOMEM
 *   FAKE_KVM_FAIL_AFTER=N that call works N times before
 *   FAKE_KVM_INTERRUPT=NAME  each other call of this ioctl, from the first on, is interrupted by a
 *                         signal: EINTR
 *   FAKE_KVM_GUEST=WORDS  what vCPU 0 does, see fake_guest.c; other vCPUs wait. tiny-guests alone:
 * each run of any vCPU ends with the exit that the program's own tiny guests make, as do those of a
 * second VM's vCPUs whatever the words are
 *   FAKE_KVM_IMPATIENT=1  a poll with a limit of time ends at once as if it had passed; ppoll waits
 *   FAKE_KVM_REPORT=FILE  what the word "report" sends on COM2
 *   FAKE_KVM_SAVES=1      a file may be opened while the guest runs: that of a snapshot
 *   FAKE_KVM_STILL=wait, kick or signal  how long the program's limits of time wait, see
 * fake_time.h
 *
 * The offset of a TSC is taken, reads back and changes nothing.
 *
 * Closing a standard descriptor aborts, and memory of which KVM cannot make huge pages: the program
 * has no reason to. So does a file that is opened, or a VM that is made, while a guest runs: what
 * the guest is, is there before its first instruction, and a sandbox may then forbid the rest. Once
 * its threads have ended another VM is that of the next boot, in which vCPU 0 goes on with the
 * words.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "tests/cli/fake_guest.h"
#include "tests/cli/fake_time.h"

#define MAX_FDS         1024
#define FAKE_MAX_VCPUS  64
#define HUGE_PAGE_BYTES (2u << 20)

enum role { ROLE_NONE, ROLE_DEV, ROLE_VM, ROLE_VCPU };

struct name {
    unsigned long value;
    const char *text;
};
#define NAME(value)                                                                                \
    {                                                                                              \
        value, #value                                                                              \
    }

static const struct name capabilities[] = {
    NAME(KVM_CAP_IRQCHIP),
    NAME(KVM_CAP_USER_MEMORY),
    NAME(KVM_CAP_EXT_CPUID),
    NAME(KVM_CAP_IRQ_ROUTING),
    NAME(KVM_CAP_IRQ_INJECT_STATUS),
    NAME(KVM_CAP_SIGNAL_MSI),
    NAME(KVM_CAP_IMMEDIATE_EXIT),
    NAME(KVM_CAP_X86_USER_SPACE_MSR),
    NAME(KVM_CAP_X86_MSR_FILTER),
    NAME(KVM_CAP_VCPU_ATTRIBUTES),
    NAME(KVM_CAP_SYNC_REGS),
    NAME(KVM_CAP_COALESCED_MMIO),
    NAME(KVM_CAP_IRQFD),
    NAME(KVM_CAP_IRQFD_RESAMPLE),
    NAME(KVM_CAP_TSC_CONTROL),
    NAME(KVM_CAP_READONLY_MEM),
    NAME(KVM_CAP_SET_TSS_ADDR),
    NAME(KVM_CAP_ADJUST_CLOCK),
    NAME(KVM_CAP_TSC_DEADLINE_TIMER),
    NAME(KVM_CAP_XEN_HVM),
    NAME(KVM_CAP_X86_DISABLE_EXITS),
    NAME(KVM_CAP_GET_TSC_KHZ),
    NAME(KVM_CAP_KVMCLOCK_CTRL),
    NAME(KVM_CAP_X86_SMM),
};

static const struct name calls[] = {
    NAME(KVM_GET_API_VERSION),
    NAME(KVM_GET_VCPU_MMAP_SIZE),
    NAME(KVM_CREATE_VM),
    NAME(KVM_SET_USER_MEMORY_REGION),
    NAME(KVM_SET_TSS_ADDR),
    NAME(KVM_CREATE_IRQCHIP),
    NAME(KVM_SET_GSI_ROUTING),
    NAME(KVM_ENABLE_CAP),
    NAME(KVM_X86_SET_MSR_FILTER),
    NAME(KVM_XEN_HVM_CONFIG),
    NAME(KVM_GET_SUPPORTED_CPUID),
    NAME(KVM_CREATE_VCPU),
    NAME(KVM_SET_CPUID2),
    NAME(KVM_SET_MSRS),
    NAME(KVM_GET_SREGS),
    NAME(KVM_SET_SREGS),
    NAME(KVM_SET_REGS),
    NAME(KVM_IRQFD),
    NAME(KVM_RUN),
    {0, "mmap"},
    {0, "pthread_create"},
};

static enum role roles[MAX_FDS];
static int vcpu_0_fd = -1;
static struct kvm_run *runs[MAX_FDS];
static struct kvm_regs guest_regs;
static struct kvm_sregs guest_sregs;
static unsigned vm_count, vcpu_count;
/* Threads that were not joined yet, and whether a guest has run since the last of them was. */
static atomic_uint thread_count;
static atomic_bool guest_runs;
static bool is_tiny[MAX_FDS];
static uint64_t tsc_offsets[MAX_FDS];

/* As in the C library, whose own is called where this one has nothing to say. */
int open(const char *path, int flags, ...);
int ioctl(int fd, unsigned long request, ...);

static void *next(const char *function)
{
    return dlsym(RTLD_NEXT, function);
}

static enum role role_of(int fd)
{
    return fd >= 0 && fd < MAX_FDS ? roles[fd] : ROLE_NONE;
}

/* A name that is in no table would make a test that cannot fail. */
static const struct name *find_name(const struct name *names, unsigned count, const char *text)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i].text, text) == 0)
            return &names[i];
    fprintf(stderr, "fake_kvm: unknown name %s\n", text);
    abort();
}

static bool is_hidden(unsigned long capability)
{
    const char *hidden = fake_setting("FAKE_KVM_HIDE");

    return *hidden != '\0' &&
           find_name(capabilities, sizeof capabilities / sizeof capabilities[0], hidden)->value ==
               capability;
}

static bool is_to_fail(const char *text)
{
    static atomic_uint seen;
    const char *number = fake_setting("FAKE_KVM_FAIL_ERRNO");

    if (strcmp(text, fake_setting("FAKE_KVM_FAIL")) != 0)
        return false;
    errno = *number != '\0' ? atoi(number) : ENOMEM;
    return seen++ >= (unsigned)atoi(fake_setting("FAKE_KVM_FAIL_AFTER"));
}

static bool call_is_to_fail(unsigned long request)
{
    const char *failing = fake_setting("FAKE_KVM_FAIL");

    return *failing != '\0' &&
           find_name(calls, sizeof calls / sizeof calls[0], failing)->value == request &&
           is_to_fail(failing);
}

static bool call_is_interrupted(unsigned long request)
{
    const char *interrupted = fake_setting("FAKE_KVM_INTERRUPT");
    static atomic_uint seen;

    if (*interrupted == '\0' ||
        find_name(calls, sizeof calls / sizeof calls[0], interrupted)->value != request)
        return false;
    errno = EINTR;
    return seen++ % 2 == 0;
}

static void check_start_is_over(const char *what)
{
    if (!guest_runs)
        return;
    fprintf(stderr, "fake_kvm: %s while the guest runs\n", what);
    abort();
}

static int new_fd(enum role role)
{
    int fd = memfd_create("fake_kvm", MFD_CLOEXEC);

    if (fd < 0 || fd >= MAX_FDS || ftruncate(fd, FAKE_RUN_BYTES) != 0)
        abort();
    roles[fd] = role;
    return fd;
}

static int new_vcpu(void)
{
    int fd = new_fd(ROLE_VCPU);

    is_tiny[fd] = vm_count > 1 || strcmp(fake_setting("FAKE_KVM_GUEST"), "tiny-guests") == 0;
    tsc_offsets[fd] = 0;
    if (vcpu_count++ == 0)
        vcpu_0_fd = fd;
    return fd;
}

static int run_vcpu(int fd)
{
    if (is_tiny[fd])
        return fake_guest_tiny(runs[fd]);
    guest_runs = true;
    return fd == vcpu_0_fd ? fake_guest_words(runs[fd]) : fake_guest_wait(runs[fd]);
}

static int dev_call(unsigned long request, unsigned long argument)
{
    switch (request) {
    case KVM_GET_API_VERSION:
        return KVM_API_VERSION;
    case KVM_CHECK_EXTENSION:
        if (argument == KVM_CAP_MAX_VCPUS)
            return FAKE_MAX_VCPUS;
        if (argument == KVM_CAP_XEN_HVM)
            return is_hidden(argument) ? 0 : KVM_XEN_HVM_CONFIG_INTERCEPT_HCALL;
        if (argument == KVM_CAP_X86_DISABLE_EXITS)
            return is_hidden(argument) ? 0 : KVM_X86_DISABLE_EXITS_HLT;
        return !is_hidden(argument);
    case KVM_GET_VCPU_MMAP_SIZE:
        return FAKE_RUN_BYTES;
    case KVM_CREATE_VM:
        check_start_is_over("KVM_CREATE_VM");
        vm_count++;
        return new_fd(ROLE_VM);
    case KVM_GET_SUPPORTED_CPUID:
        ((struct kvm_cpuid2 *)argument)->nent = 0;
        return 0;
    default:
        return 0;
    }
}

/* The program knows one of a vCPU, the offset of its TSC. */
static int set_attribute(int fd, const struct kvm_device_attr *attribute)
{
    tsc_offsets[fd] = *(const uint64_t *)attribute->addr;
    return 0;
}

static int get_attribute(int fd, const struct kvm_device_attr *attribute)
{
    *(uint64_t *)attribute->addr = tsc_offsets[fd];
    return 0;
}

static int vcpu_call(int fd, unsigned long request, void *argument)
{
    /* What it answers is 0 where nothing else is said, and not what the stack had there. */
    if (_IOC_DIR(request) == _IOC_READ)
        memset(argument, 0, _IOC_SIZE(request));
    switch (request) {
    case KVM_RUN:
        return run_vcpu(fd);
    case KVM_SET_REGS:
        guest_regs = *(struct kvm_regs *)argument;
        return 0;
    case KVM_GET_REGS:
        *(struct kvm_regs *)argument = guest_regs;
        return 0;
    case KVM_SET_SREGS:
        guest_sregs = *(struct kvm_sregs *)argument;
        return 0;
    case KVM_GET_SREGS:
        *(struct kvm_sregs *)argument = guest_sregs;
        return 0;
    case KVM_GET_MSRS:
    case KVM_SET_MSRS:
        return (int)((const struct kvm_msrs *)argument)->nmsrs;
    case KVM_GET_STATS_FD:
        errno = ENOTTY;
        return -1;
    case KVM_SET_DEVICE_ATTR:
        return set_attribute(fd, argument);
    case KVM_GET_DEVICE_ATTR:
        return get_attribute(fd, argument);
    case KVM_TRANSLATE:
        ((struct kvm_translation *)argument)->physical_address =
            ((struct kvm_translation *)argument)->linear_address;
        ((struct kvm_translation *)argument)->valid = 1;
        return 0;
    default:
        return 0;
    }
}

int open(const char *path, int flags, ...)
{
    int (*real_open)(const char *, int, ...) = next("open");
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
    if (*fake_setting("FAKE_KVM_SAVES") == '\0')
        check_start_is_over(path);
    return strcmp(path, "/dev/kvm") == 0 ? new_fd(ROLE_DEV) : real_open(path, flags, mode);
}

int ioctl(int fd, unsigned long request, ...)
{
    int (*real_ioctl)(int, unsigned long, ...) = next("ioctl");
    const struct kvm_userspace_memory_region *memory;
    va_list arguments;
    void *argument;

    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    if (role_of(fd) == ROLE_NONE)
        return real_ioctl(fd, request, argument);
    if (call_is_to_fail(request) || call_is_interrupted(request))
        return -1;
    memory = argument;
    if (request == KVM_SET_USER_MEMORY_REGION && memory->memory_size >= HUGE_PAGE_BYTES &&
        (memory->userspace_addr - memory->guest_phys_addr) % HUGE_PAGE_BYTES != 0)
        abort();
    if (role_of(fd) == ROLE_DEV)
        return dev_call(request, (uintptr_t)argument);
    if (role_of(fd) == ROLE_VCPU)
        return vcpu_call(fd, request, argument);
    return request == KVM_CREATE_VCPU ? new_vcpu() : 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *(*real_mmap)(void *, size_t, int, int, int, off_t) = next("mmap");

    if (role_of(fd) != ROLE_VCPU)
        return real_mmap(address, length, protection, flags, fd, offset);
    if (is_to_fail("mmap"))
        return MAP_FAILED;
    runs[fd] = real_mmap(address, length, protection, flags, fd, offset);
    return runs[fd];
}

int close(int fd)
{
    int (*real_close)(int) = next("close");

    if (fd >= 0 && fd <= STDERR_FILENO) {
        fprintf(stderr, "fake_kvm: descriptor %d is closed\n", fd);
        abort();
    }
    if (role_of(fd) != ROLE_NONE)
        roles[fd] = ROLE_NONE;
    return real_close(fd);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    int (*real_create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        next("pthread_create");

    if (is_to_fail("pthread_create"))
        return EAGAIN;
    thread_count++;
    if (vcpu_0_fd >= 0)
        fake_time_guest_starts();
    return real_create(thread, attributes, start, argument);
}

int pthread_join(pthread_t thread, void **result)
{
    int (*real_join)(pthread_t, void **) = next("pthread_join");
    int error = real_join(thread, result);

    if (--thread_count == 0 && guest_runs) {
        guest_runs = false;
        vm_count = vcpu_count = 0;
        if (!fake_guest_has_words())
            fake_time_words_are_done();
    }
    return error;
}

int poll(struct pollfd *fds, nfds_t count, int limit_ms)
{
    int (*real_poll)(struct pollfd *, nfds_t, int) = next("poll");
    bool impatient = *fake_setting("FAKE_KVM_IMPATIENT") != '\0';

    return real_poll(fds, count, limit_ms > 0 && impatient ? 0 : limit_ms);
}

/* Of signalfd, by the size. */
ssize_t read(int fd, void *bytes, size_t size)
{
    ssize_t (*real_read)(int, void *, size_t) = next("read");
    ssize_t got = real_read(fd, bytes, size);

    if (size == sizeof(struct signalfd_siginfo) && got == (ssize_t)size)
        fake_time_signal_came();
    return got;
}

/* The other calls that make a descriptor. */
int eventfd(unsigned count, int flags)
{
    int (*real_eventfd)(unsigned, int) = next("eventfd");

    check_start_is_over("eventfd");
    return real_eventfd(count, flags);
}

int timerfd_create(clockid_t clock, int flags)
{
    int (*real_create)(clockid_t, int) = next("timerfd_create");

    check_start_is_over("timerfd_create");
    return real_create(clock, flags);
}
