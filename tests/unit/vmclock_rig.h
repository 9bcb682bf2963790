/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine with vmclock, which tells TAI with 37 s, and its page, for the tests of both. */
#ifndef TESTS_UNIT_VMCLOCK_RIG_H
#define TESTS_UNIT_VMCLOCK_RIG_H

#include "tests/unit/unit.h"

#include <string.h>

#include "base/time_math.h"
#include "tests/unit/fake_clock.h"
#include "tests/unit/fake_kvm.h"
#include "tests/unit/fake_vcpu.h"
#include "tests/unit/restore_rig.h"
#include "vmm/machine/machine_acpi.h"
#include "vmm/machine/machine_time.h"
#include "vmm/machine/machine_tsc.h"

#define SEC UINT64_C(1000000000)
/* What reading clocks takes here, and 2 ppm of the rate for the seconds of a test. */
#define SLACK_NS 20000

static struct restore_rig rig;
static struct machine *const machine = &rig.rig.machine;

/* A test changes rig.rig.config and the host before it calls begin. */
static inline int setup(void **unused)
{
    (void)unused;
    memset(&rig, 0, sizeof rig);
    rig.memory_fd = -1;
    machine_rig_begin(&rig.rig);
    rig.rig.config.vmclock = VMCLOCK_TAI;
    rig.rig.config.on_resume = ON_RESUME_FREEZE;
    rig.rig.host.tai_offset = (struct tai_offset_choice){.source = TAI_OFFSET_NUMBER, .sec = 37};
    fake_kvm.can_intercept_hypercalls = true;
    fake_clock.ntp.max_error_us = 3000;
    return 0;
}

static inline int teardown(void **unused)
{
    (void)unused;
    machine_rig_destroy(&rig.rig);
    restore_rig_end(&rig);
    return 0;
}

static inline void begin(void)
{
    assert_int_equal(machine_rig_create(&rig.rig), 0);
    machine_tsc_find_out(machine);
    vcpu_clear_kick(&machine->vcpus[0]);
    fake_kvm_forget_calls();
}

static inline const struct vmclock_page *page(void)
{
    return (const struct vmclock_page *)machine_acpi_page(machine, MACHINE_ACPI_VMCLOCK);
}

static inline uint64_t utc_ns(void)
{
    return fake_clock_ns() + fake_clock.realtime_zero_ns;
}

/* By the TSC that the guest reads now. */
static inline uint64_t page_utc_ns(void)
{
    return vmclock_time_ns(vmclock_page_time(page(), fake_vcpu_tsc(0))) -
           (uint64_t)page()->tai_offset_sec * SEC;
}

static inline void assert_page_is(uint64_t ns)
{
    assert_in_range(page_utc_ns(), ns - SLACK_NS, ns + SLACK_NS);
    assert_false((int64_t)(fake_vcpu_tsc(0) - page()->counter_value) < 0);
}

/* The timer thread's update, after so long. */
static inline void update_after(uint64_t ns)
{
    fake_clock_pass_ns(ns);
    machine_lock(machine);
    machine_time_update(machine, fake_clock_ns());
    machine_unlock(machine);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
