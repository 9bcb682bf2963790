/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How few system calls each kind of thread may make: docs/security.md has these numbers.
 */
#include "tests/unit/unit.h"

#include <linux/kvm.h>
#include <stdbool.h>
#include <sys/syscall.h>

#include "vmm/host/sandbox_calls.h"

#define ALL_FEATURES (~0u << SANDBOX_THREADS)

static bool is_let_through(const struct sandbox_call *call)
{
    return call->limit != SANDBOX_EAGAIN && call->limit != SANDBOX_ENOSYS;
}

static bool may_call(unsigned who, int number)
{
    for (unsigned i = 0; i < sandbox_call_count; i++)
        if ((sandbox_calls[i].who & who) != 0 && sandbox_calls[i].number == number &&
            is_let_through(&sandbox_calls[i]))
            return true;
    return false;
}

static unsigned count_calls(unsigned who)
{
    unsigned count = 0;

    for (int number = 0; number < 512; number++)
        count += may_call(who, number);
    return count;
}

static void a_thread_may_make_as_many_calls_as_the_document_says(void **unused)
{
    (void)unused;
    assert_int_equal(count_calls(1 << SANDBOX_VCPU), 9);
    assert_int_equal(count_calls(1 << SANDBOX_VCPU | SANDBOX_VMCLOCK), 10);
    assert_int_equal(count_calls(1 << SANDBOX_TIMER), 11);
    assert_int_equal(count_calls(1 << SANDBOX_TRACE), 10);
    assert_int_equal(count_calls(1 << SANDBOX_DISK), 12);
    assert_int_equal(count_calls(1 << SANDBOX_MAIN), 24);
}

static void no_thread_may_start_a_program_or_make_a_socket(void **unused)
{
    static const int forbidden[] = {__NR_execve, __NR_execveat, __NR_fork,   __NR_vfork,
                                    __NR_socket, __NR_connect,  __NR_bind,   __NR_ptrace,
                                    __NR_kill,   __NR_bpf,      __NR_setuid, __NR_io_uring_setup};

    (void)unused;
    for (unsigned i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        assert_false(may_call(ALL_FEATURES | ((1u << SANDBOX_THREADS) - 1), forbidden[i]));
}

static void threads_that_the_guest_drives_open_nothing(void **unused)
{
    const unsigned who =
        1 << SANDBOX_VCPU | 1 << SANDBOX_TIMER | 1 << SANDBOX_TRACE | 1 << SANDBOX_DISK;

    (void)unused;
    assert_false(may_call(who, __NR_openat));
    assert_false(may_call(who, __NR_open));
    assert_false(may_call(who, __NR_clone));
    assert_false(may_call(who, __NR_unlink));
    assert_false(may_call(who, __NR_exit_group));
}

static void a_machine_that_runs_makes_no_other(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < sandbox_kvm_run_count; i++)
        assert_true(sandbox_kvm_runs[i] != KVM_CREATE_VM && sandbox_kvm_runs[i] != KVM_CREATE_VCPU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_may_make_as_many_calls_as_the_document_says),
        cmocka_unit_test(no_thread_may_start_a_program_or_make_a_socket),
        cmocka_unit_test(threads_that_the_guest_drives_open_nothing),
        cmocka_unit_test(a_machine_that_runs_makes_no_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
