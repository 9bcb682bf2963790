/* SPDX-License-Identifier: BSD-2-Clause */
/* See fake_guest.h. */
#include "tests/cli/fake_guest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/cli/fake_time.h"

#define DATA_OFFSET 4096
#define POLL_US     1000

#define PORT_COM1         0x3f8
#define PORT_COM2         0x2f8
#define PORT_I8042        0x64
#define PORT_PM1_STATUS   0x600
#define PORT_PM1_CNT      0x604
#define PORT_DEBUG_EXIT   0xf4
#define PORT_OF_NO_DEVICE 0x1234
#define PORT_TINY_GUEST   0xf5
#define POWER_BUTTON      (1 << 8)
#define SLEEP_S5          (1 << 13)
#define MSR_TSC           0x10
#define RESET_COMMAND     0xfe
#define DEBUG_VALUE       0x10

const char *fake_setting(const char *name)
{
    const char *value = getenv(name);

    return value != NULL ? value : "";
}

/* One exit for access to a port; out holds count items of size bytes. */
static int exit_io(struct kvm_run *run, uint16_t port, unsigned size, unsigned count,
                   const void *out)
{
    run->exit_reason = KVM_EXIT_IO;
    run->io.direction = out != NULL ? KVM_EXIT_IO_OUT : KVM_EXIT_IO_IN;
    run->io.port = port;
    run->io.size = (uint8_t)size;
    run->io.count = count;
    run->io.data_offset = DATA_OFFSET;
    if (out != NULL)
        memcpy((uint8_t *)run + DATA_OFFSET, out, (size_t)size * count);
    return 0;
}

static int exit_out(struct kvm_run *run, uint16_t port, unsigned size, uint32_t value)
{
    return exit_io(run, port, size, 1, &value);
}

static int exit_as(struct kvm_run *run, uint32_t reason)
{
    run->exit_reason = reason;
    run->internal.suberror = KVM_INTERNAL_ERROR_EMULATION;
    return 0;
}

static int exit_wrmsr(struct kvm_run *run, uint32_t msr, uint64_t value)
{
    run->exit_reason = KVM_EXIT_X86_WRMSR;
    run->msr.reason = KVM_MSR_EXIT_REASON_FILTER;
    run->msr.index = msr;
    run->msr.data = value;
    return 0;
}

int fake_guest_wait(struct kvm_run *run)
{
    while (__atomic_load_n(&run->immediate_exit, __ATOMIC_SEQ_CST) == 0 && usleep(POLL_US) == 0)
        ;
    errno = EINTR;
    return -1;
}

/* Of FAKE_KVM_GUEST. */
static const char *next_word;

bool fake_guest_has_words(void)
{
    return next_word == NULL || *next_word != '\0';
}

static int wait_after_words(struct kvm_run *run)
{
    int result;

    fake_time_words_are_done();
    result = fake_guest_wait(run);
    fake_time_kick_came();
    return result;
}

/* Reads the status register, millisecond after millisecond, until the button's bit is set. */
static int wait_for_button(struct kvm_run *run, const char **word, const char *this_word)
{
    static bool asked;
    uint16_t status;

    if (run->immediate_exit != 0)
        return fake_guest_wait(run);
    memcpy(&status, (uint8_t *)run + DATA_OFFSET, sizeof status);
    if (asked && (status & POWER_BUTTON) != 0)
        return exit_out(run, 0x80, 1, 0);
    *word = this_word;
    asked = true;
    usleep(POLL_US);
    return exit_io(run, PORT_PM1_STATUS, sizeof status, 1, NULL);
}

static bool starts_with(const char **word, const char *text)
{
    size_t length = strlen(text);

    if (strncmp(*word, text, length) != 0)
        return false;
    *word += length + strspn(*word + length, " ");
    return true;
}

/* The next bytes of FAKE_KVM_REPORT; *word moves on at their end. */
static int send_report(struct kvm_run *run, const char **word, const char *this_word)
{
    static FILE *file;
    char bytes[FAKE_RUN_BYTES - DATA_OFFSET];
    size_t count;

    if (file == NULL)
        file = fopen(fake_setting("FAKE_KVM_REPORT"), "r");
    if (file == NULL)
        abort();
    count = fread(bytes, 1, sizeof bytes, file);
    if (count == 0)
        return exit_out(run, 0x80, 1, 0);
    *word = this_word;
    return exit_io(run, PORT_COM2, 1, (uint32_t)count, bytes);
}

int fake_guest_words(struct kvm_run *run)
{
    static const char flood[FAKE_RUN_BYTES - DATA_OFFSET];
    static const char panic_text[] = "[    1.2] Kernel panic - not syncing: a test\n";
    const char *this_word;

    if (next_word == NULL)
        next_word = fake_setting("FAKE_KVM_GUEST");
    this_word = next_word;
    if (starts_with(&next_word, "ready"))
        return exit_io(run, PORT_COM1, 1, strlen("ready\n"), "ready\n");
    if (starts_with(&next_word, "part"))
        return exit_io(run, PORT_COM1, 1, strlen("part"), "part");
    if (starts_with(&next_word, "rest"))
        return exit_io(run, PORT_COM1, 1, strlen("rest\n"), "rest\n");
    if (starts_with(&next_word, "flood"))
        return exit_io(run, PORT_COM1, 1, sizeof flood, flood);
    if (starts_with(&next_word, "begun"))
        return exit_io(run, PORT_COM2, 1, 1, "\n");
    if (starts_with(&next_word, "report"))
        return send_report(run, &next_word, this_word);
    if (starts_with(&next_word, "panic"))
        return exit_io(run, PORT_COM1, 1, strlen(panic_text), panic_text);
    if (starts_with(&next_word, "power-off"))
        return exit_out(run, PORT_PM1_CNT, 2, SLEEP_S5);
    if (starts_with(&next_word, "reset"))
        return exit_out(run, PORT_I8042, 1, RESET_COMMAND);
    if (starts_with(&next_word, "debug-exit"))
        return exit_out(run, PORT_DEBUG_EXIT, 1, DEBUG_VALUE);
    if (starts_with(&next_word, "stray"))
        return exit_out(run, PORT_OF_NO_DEVICE, 1, 0);
    if (starts_with(&next_word, "set-tsc"))
        return exit_wrmsr(run, MSR_TSC, 0);
    if (starts_with(&next_word, "button"))
        return wait_for_button(run, &next_word, this_word);
    if (starts_with(&next_word, "internal-error"))
        return exit_as(run, KVM_EXIT_INTERNAL_ERROR);
    if (starts_with(&next_word, "triple-fault"))
        return exit_as(run, KVM_EXIT_SHUTDOWN);
    if (starts_with(&next_word, "failed-entry"))
        return exit_as(run, KVM_EXIT_FAIL_ENTRY);
    return wait_after_words(run);
}

int fake_guest_tiny(struct kvm_run *run)
{
    static const char byte;

    return run->immediate_exit != 0 ? fake_guest_wait(run)
                                    : exit_io(run, PORT_TINY_GUEST, 1, 1, &byte);
}
