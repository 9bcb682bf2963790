/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A part of the library of fake_kvm.c: what plays the guest needs more system calls and files than
 * KVM, so nobody enters the sandbox. FAKE_KVM_NO_SECCOMP=1 is a host without seccomp. `make
 * test-sandbox` has no fake KVM.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/syscall.h>

#define ARGUMENTS 6

long syscall(long number, ...);
long syscall(long number, ...)
{
    long (*next)(long, ...) = dlsym(RTLD_NEXT, "syscall");
    long arguments[ARGUMENTS];
    va_list list;

    va_start(list, number);
    for (unsigned i = 0; i < ARGUMENTS; i++)
        arguments[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_seccomp && getenv("FAKE_KVM_NO_SECCOMP") != NULL) {
        errno = ENOSYS;
        return -1;
    }
    if (number == SYS_landlock_restrict_self)
        return 0;
    if (number == SYS_seccomp && arguments[0] == SECCOMP_SET_MODE_FILTER && arguments[2] != 0)
        return 0;
    return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                arguments[5]);
}
