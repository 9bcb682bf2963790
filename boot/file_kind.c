/* SPDX-License-Identifier: BSD-2-Clause */
/* See file_kind.h. */
#include "boot/file_kind.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "boot/place.h"

/* The furthest signature, of ISO 9660, and what a text is told by. */
#define HEAD_BYTES 0x8200
#define TEXT_BYTES 512

/* Arrays, not pointers: a table of pointers is relocated at each start of the program. */
struct signature {
    uint32_t offset;
    uint8_t size_bytes;
    char bytes[12];
};

/* Of a literal, which may have a NUL in it. */
#define AT(offset, literal)                                                                        \
    {                                                                                              \
        offset, sizeof(literal) - 1, literal                                                       \
    }

/* Packed files, and the command that unpacks each to its standard output. */
static const struct {
    struct signature signature;
    char command[12];
} packed[] = {
    {AT(0, "\x1f\x8b"), "gzip -dc"},         {AT(0, "\xfd\67zXZ"), "xz -dc"},
    {AT(0, "\x28\xb5\x2f\xfd"), "zstd -dc"}, {AT(0, "\x04\x22\x4d\x18"), "lz4 -dc"},
    {AT(0, "\x02\x21\x4c\x18"), "lz4 -dc"},  {AT(0, "BZh"), "bzip2 -dc"},
    {AT(0, "\x89LZO"), "lzop -dc"},          {AT(0, "\x5d\0\0"), "lzma -dc"},
};

#define OTHER_MACHINE "this machine runs x86 kernels"
#define NO_DISK       "there is no disk here: give the kernel that is on it"
#define KERNEL_IN_IT  "give the kernel that is in it"

/* The first that fits counts. */
static const struct {
    struct signature signature;
    char what[80];
    char advice[64];
} kinds[] = {
    {AT(0x38, "ARM\x64"), "a Linux kernel for 64-bit Arm", OTHER_MACHINE},
    {AT(0x38, "RSC\x05"), "a Linux kernel for RISC-V", OTHER_MACHINE},
    {AT(0x24, "\x18\x28\x6f\x01"), "a Linux kernel for 32-bit Arm", OTHER_MACHINE},
    {AT(0, "MZ"), "an EFI or Windows program (PE) without a Linux boot header",
     "give the bzImage, vmlinux or Multiboot image that it holds"},
    {AT(0, "07070"), "an initramfs (cpio archive)", "give it with --initrd"},
    {AT(0, "\x27\x05\x19\x56"), "a U-Boot image (uImage)", KERNEL_IN_IT},
    {AT(0, "\xd0\x0d\xfe\xed"), "a device tree or a U-Boot image (FIT)", KERNEL_IN_IT},
    {AT(0, "ANDROID!"), "an Android boot image", KERNEL_IN_IT},
    {AT(0x8001, "CD001"), "an image of a CD (ISO 9660)", NO_DISK},
    {AT(0, "QFI\xfb"), "an image of a disk (qcow2)", NO_DISK},
    {AT(0, "KDMV"), "an image of a disk (VMDK)", NO_DISK},
    {AT(0x40, "\x7f\x10\xda\xbe"), "an image of a disk (VDI)", NO_DISK},
    {AT(0, "vhdxfile"), "an image of a disk (VHDX)", NO_DISK},
    {AT(0, "conectix"), "an image of a disk (VHD)", NO_DISK},
    {AT(0x200, "EFI PART"), "an image of a disk (GPT)", NO_DISK},
    {AT(0x438, "\x53\xef"), "a file system (ext2, ext3 or ext4)", NO_DISK},
    {AT(0, "hsqs"), "a file system (squashfs)", NO_DISK},
    {AT(0, "XFSB"), "a file system (XFS)", NO_DISK},
    {AT(0x1fe, "\x55\xaa"),
     "a boot sector, an image of a disk, or a Linux before boot protocol 2.00",
     "give a bzImage, an ELF vmlinux or a Multiboot image"},
    {AT(0x28, "_FVH"), "UEFI firmware", "no firmware is needed: give the kernel itself"},
    {AT(0, "!<arch>\n"), "a Debian package or a library (ar archive)", KERNEL_IN_IT},
    {AT(0, "\xed\xab\xee\xdb"), "an RPM package", KERNEL_IN_IT},
    {AT(0, "PK\x03\x04"), "a ZIP archive", KERNEL_IN_IT},
    {AT(0x101, "ustar"), "a tar archive", KERNEL_IN_IT},
    {AT(0, "\xcf\xfa\xed\xfe"), "a Mach-O file", "give a kernel for PCs"},
};

struct head {
    uint64_t size_bytes;
    uint8_t bytes[HEAD_BYTES];
};

static bool has(const struct head *head, const struct signature *signature)
{
    return signature->offset + signature->size_bytes <= head->size_bytes &&
           memcmp(head->bytes + signature->offset, signature->bytes, signature->size_bytes) == 0;
}

static bool is_text(const struct head *head)
{
    for (uint64_t i = 0; i < head->size_bytes && i < TEXT_BYTES; i++) {
        uint8_t byte = head->bytes[i];

        if (byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r')
            return false;
    }
    return true;
}

static int refuse_packed(const struct boot_source *kernel, const char *command,
                         struct boot_error *error)
{
    char word[sizeof error->text];
    struct text text;

    text_init(&text, word, sizeof word);
    text_add_shell_word(&text, kernel->name);
    return boot_fail(error, ENOEXEC, "%s: a packed file; unpack it, or give <(%s %s) in its place",
                     kernel->name, command, word);
}

int file_kind_refuse(const struct boot_source *kernel, struct boot_error *error)
{
    struct head head = {.size_bytes =
                            kernel->size_bytes < HEAD_BYTES ? kernel->size_bytes : HEAD_BYTES};
    int result = place_read(kernel, 0, head.bytes, head.size_bytes, error);

    if (result < 0)
        return result;
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++)
        if (has(&head, &packed[i].signature))
            return refuse_packed(kernel, packed[i].command, error);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (has(&head, &kinds[i].signature))
            return boot_fail(error, ENOEXEC, "%s: %s, not a kernel for this machine; %s",
                             kernel->name, kinds[i].what, kinds[i].advice);
    return boot_fail(error, ENOEXEC,
                     "%s: %snot a bzImage, an ELF vmlinux or a Multiboot image (it starts with "
                     "%02x %02x %02x %02x)",
                     kernel->name, is_text(&head) ? "a text, " : "", head.bytes[0], head.bytes[1],
                     head.bytes[2], head.bytes[3]);
}
