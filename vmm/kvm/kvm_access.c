/* SPDX-License-Identifier: BSD-2-Clause */
/* See kvm_access.h. */
#include "vmm/kvm/kvm_access.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/host/log.h"

/* From the file alone: getgrgid would load libraries, which a static program must not. */
static void name_group(gid_t gid, char *name, size_t name_size)
{
    FILE *file = fopen("/etc/group", "re");
    const struct group *group = NULL;

    snprintf(name, name_size, "%u", gid);
    if (file == NULL)
        return;
    do
        group = fgetgrent(file);
    while (group != NULL && group->gr_gid != gid);
    if (group != NULL)
        snprintf(name, name_size, "%s", group->gr_name);
    fclose(file);
}

/* Debian's udev rules give it to the group kvm, with read and write access. */
static void describe_no_permission(char *text, size_t text_size)
{
    const mode_t needed = S_IRGRP | S_IWGRP;
    struct stat status = {0};
    char name[32];

    stat(KVM_DEVICE, &status);
    name_group(status.st_gid, name, sizeof name);
    if ((status.st_mode & needed) == needed)
        snprintf(text, text_size,
                 "no permission for " KVM_DEVICE ": join the group %s that owns it "
                 "(usermod -aG %s USER), then log in again",
                 name, name);
    else
        snprintf(text, text_size,
                 "no permission for " KVM_DEVICE ", nor has its group %s: as root, give it to the "
                 "group kvm (chgrp kvm " KVM_DEVICE "; chmod 660 " KVM_DEVICE ") and join that",
                 name);
}

void kvm_access_describe(int error, char *text, size_t text_size)
{
    if (error == EACCES || error == EPERM)
        describe_no_permission(text, text_size);
    else if (error == ENOENT || error == ENODEV || error == ENXIO)
        snprintf(text, text_size,
                 "no " KVM_DEVICE ": load kvm-intel or kvm-amd, and enable virtualization in the "
                 "firmware or in the hypervisor below");
    else
        snprintf(text, text_size, KVM_DEVICE ": %s", strerror(error));
}

void kvm_access_explain(int error)
{
    char text[KVM_ACCESS_TEXT_BYTES];

    kvm_access_describe(error, text, sizeof text);
    log_error("%s", text);
}
