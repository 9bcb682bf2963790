/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Goes on with another Linux: kexec KERNEL INITRD COMMAND-LINE. The kernel loads the bzImage by
 * itself (kexec_file_load), and Debian's takes any, if it was not told to look at signatures.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/reboot.h>

int main(int argc, char **argv)
{
    int kernel, initrd;

    if (argc != 4)
        return 2;
    kernel = open(argv[1], O_RDONLY);
    initrd = open(argv[2], O_RDONLY);
    if (kernel < 0 || initrd < 0 ||
        syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], 0UL) != 0) {
        perror("kexec");
        return 1;
    }
    syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
    perror("reboot");
    return 1;
}
