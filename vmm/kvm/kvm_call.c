/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvm_call.h. */
#include "vmm/kvm/kvm_call.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vmm/host/log.h"

int kvm_call(int fd, unsigned long request, const char *name, void *argument)
{
    int result = ioctl(fd, request, argument);

    if (result >= 0)
        return result;
    result = -errno;
    log_error("%s: %s", name, strerror(-result));
    return result;
}

int kvm_call_value(int fd, unsigned long request, const char *name, uintptr_t argument)
{
    return kvm_call(fd, request, name, (void *)argument);
}
