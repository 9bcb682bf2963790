/* SPDX-License-Identifier: BSD-2-Clause */
/* See causes.h. */
#include "check/causes.h"

static const struct cause causes[CAUSE_COUNT] = {
    [CAUSE_KVMCLOCK_HIDDEN] = {LAYER_MACHINE,
                               "CPUID does not offer kvm-clock (leaf 0x40000001 EAX bits 0 and 3): "
                               "--kvmclock off, or a hypervisor that hides KVM"},
    [CAUSE_KVMCLOCK_DISABLED] = {LAYER_KERNEL,
                                 "no-kvmclock is on the kernel command line: take it away"},
    [CAUSE_KVMCLOCK_NOT_BUILT] = {LAYER_KERNEL,
                                  "CPUID offers kvm-clock and the kernel does not use it: it was "
                                  "built without CONFIG_KVM_GUEST"},
    [CAUSE_TSC_TOLD_UNSTABLE] = {LAYER_KERNEL,
                                 "tsc=unstable is on the kernel command line: take it away"},
    [CAUSE_TSC_UNSYNCHRONIZED] = {LAYER_KERNEL,
                                  "with several CPUs that are not Intel's, Linux trusts a TSC only "
                                  "if CPUID calls it constant: give --invtsc"},
    [CAUSE_TSC_NOT_CALIBRATED] = {LAYER_KERNEL,
                                  "the kernel could not measure the TSC's rate: an exit to read "
                                  "PIT, HPET or PM timer takes too long; let kvm-clock tell it, or "
                                  "give tsc_early_khz="},
    [CAUSE_TSC_UNSTABLE] = {LAYER_MACHINE,
                            "the kernel has measured the TSC and given up on it: TSCs of the CPUs "
                            "differ, or the clock that it compared with was read late"},
    [CAUSE_TSC_EARLY] = {LAYER_KERNEL,
                         "the kernel has not refined the TSC's rate against HPET or PM timer yet, "
                         "or cannot, since a read of them takes too long"},
    [CAUSE_TSC_ABSENT] =
        {LAYER_MACHINE, "the kernel does not take the TSC for a clocksource: CPUID hides it, or "
                        "its rate could not be found; see the kernel's lines that begin with tsc:"},
    [CAUSE_HPET_ABSENT] = {LAYER_MACHINE,
                           "the kernel has found no HPET: there is none in the ACPI tables, or "
                           "hpet=disable or acpi=off is on the command line"},
    [CAUSE_PM_TIMER_ABSENT] =
        {LAYER_MACHINE, "the kernel has found no ACPI PM timer: the FADT has none, it failed "
                        "the kernel's test, or acpi=off is on the command line"},
    [CAUSE_SOURCE_UNKNOWN] = {LAYER_MACHINE,
                              "no driver of this kernel has registered such a clocksource: it is "
                              "not built in, or its device is not there"},
    [CAUSE_COMMAND_LINE_CHOOSES] = {LAYER_KERNEL,
                                    "clocksource= or notsc on the kernel command line chooses "
                                    "another one"},
    [CAUSE_TSC_OVER_KVMCLOCK] = {LAYER_KERNEL,
                                 "where CPUID calls the TSC invariant, Linux rates kvm-clock 299 "
                                 "and the TSC 300: leave --invtsc out"},
    [CAUSE_KVMCLOCK_OVER_TSC] = {LAYER_KERNEL,
                                 "Linux rates kvm-clock 400 and the TSC 300 unless CPUID calls the "
                                 "TSC invariant: give --invtsc, or --kvmclock off"},
    [CAUSE_RATING] = {LAYER_KERNEL,
                      "Linux chooses the highest rating, and the clocksource that it chose has a "
                      "higher one: take that away, or give clocksource="},
    [CAUSE_FELL_BACK] = {LAYER_KERNEL,
                         "the kernel offers it and has not chosen it, though its rating is not "
                         "lower: the watchdog or somebody in the guest has switched"},
    [CAUSE_MODEL] = {LAYER_KERNEL,
                     "the kernel chose otherwise than the model of its ratings says "
                     "(check/model.c): an option on its command line, a patched kernel, or a TSC "
                     "that it lost without a word"},
    [CAUSE_NO_EVENTS] = {LAYER_KERNEL,
                         "the probe reports no clock event device: the kernel's sysfs lists none"},
    [CAUSE_EVENT_DEADLINE] = {LAYER_MACHINE,
                              "Linux takes the local APIC's timer in TSC-deadline mode only if "
                              "CPUID offers that and the kernel knows the TSC's rate"},
    [CAUSE_EVENT_OTHER] = {LAYER_KERNEL,
                           "Linux takes the event device with the highest rating that works on "
                           "that CPU: the local APIC's timer before the HPET's and the PIT"},
    [CAUSE_EVENT_BROADCAST] = {LAYER_KERNEL,
                               "Linux keeps the best event device that no CPU has for CPUs whose "
                               "own one sleeps: the HPET, or a PIT that it has set up, which it "
                               "leaves out where the local APIC's timer needs none"},
    [CAUSE_CPUS_OFFLINE] = {LAYER_KERNEL,
                            "the kernel has not started all CPUs: maxcpus= or nr_cpus= is on its "
                            "command line, or one did not answer in time; see its lines that begin "
                            "with smpboot:"},
    [CAUSE_NOT_MEASURED] = {LAYER_APPLICATION,
                            "the probe has not read the kernel's clock: probe.seconds=0, or an "
                            "initramfs that does not measure"},
    [CAUSE_NO_REFERENCE] = {LAYER_MACHINE,
                            "the guest's clock was not compared with the host's: probe.seconds=0, "
                            "--no-reference, or a probe that does not read the reference device"},
    [CAUSE_RATE_UNSURE] = {LAYER_APPLICATION,
                           "the uncertainty of the measurement is larger than what is left of the "
                           "limit: measure for longer (probe.seconds=N), or on a host that is less "
                           "busy"},
    [CAUSE_RATE_TSC] = {LAYER_MACHINE,
                        "the guest's TSC does not run at the host's rate: it is scaled or trapped, "
                        "or the VM moved to another host"},
    [CAUSE_RATE_MACHINE] = {LAYER_MACHINE,
                            "the machine's guest time itself does not run at the host's rate: it "
                            "was stopped for a while, or the host's clock was changed"},
    [CAUSE_RATE_PM_TIMER] = {LAYER_KERNEL,
                             "Linux takes the ACPI PM timer for 3579545 Hz, which makes its clock "
                             "127 ppb fast on any machine"},
    [CAUSE_RATE_CALIBRATION] = {LAYER_KERNEL,
                                "the kernel takes the clocksource for slower or faster than it is: "
                                "it measured its rate itself at boot, or the hypervisor told it a "
                                "rounded one"},
    [CAUSE_BACK_ACROSS_CPUS] = {LAYER_MACHINE,
                                "one CPU's clock is behind another's: their TSCs have different "
                                "offsets, or each kvm-clock page has another base"},
    [CAUSE_BACK_ON_ONE_CPU] = {LAYER_MACHINE,
                               "the clock of a single CPU went back: its counter or its kvm-clock "
                               "page was stepped while it was read"},
    [CAUSE_REALTIME_UNSURE] = {LAYER_APPLICATION,
                               "the wall clock was read too slowly to say: an exit takes longer "
                               "than the limit allows"},
    [CAUSE_REALTIME_HALF_SECOND] = {LAYER_KERNEL,
                                    "Linux sets CLOCK_REALTIME at boot from the RTC's whole "
                                    "seconds plus a half, and nobody corrects it: up to 0.5 s off "
                                    "on any machine; run NTP or ptp_kvm in the guest"},
    [CAUSE_REALTIME_TIME_ZONE] = {LAYER_MACHINE,
                                  "the difference is whole quarters of an hour: the RTC has local "
                                  "time, and Linux takes it for UTC; see --rtc base="},
    [CAUSE_REALTIME_OTHER] = {LAYER_MACHINE,
                              "the RTC had another date when the guest booted, or the guest's or "
                              "the host's wall clock was set since"},
    [CAUSE_LOG_LINE] = {LAYER_KERNEL, "the kernel said so; its line says why"},
    [CAUSE_LOG_CUT] = {LAYER_KERNEL,
                       "the log has more lines than the probe reports, and the text may be in one "
                       "of those: see what the guest keeps warning of"},
    [CAUSE_LOG_NOT_READ] = {LAYER_KERNEL,
                            "the probe could not read /dev/kmsg, or not before the kernel "
                            "overwrote lines of it (log_buf_len= makes room), or it sends no log"},
    [CAUSE_CHECK_CLOCK] = {LAYER_MACHINE,
                           "a clock that the probe has read goes back, does not run at the host's "
                           "rate, is off by more than a second, or is offered and not switched to: "
                           "its device is read wrongly or late"},
    [CAUSE_CHECK_ACPI] = {LAYER_MACHINE,
                          "the kernel's ACPI interpreter finds fault with the machine's tables; "
                          "its lines say with what"},
    [CAUSE_CHECK_INTERRUPTS] = {LAYER_MACHINE,
                                "the kernel's watchdogs saw a CPU stand still, or interrupts were "
                                "lost: the host is busy, or the VM was stopped"},
    [CAUSE_BOOT_SLOW] = {LAYER_MACHINE,
                         "the host is busy, or runs the guest without hardware support; the "
                         "kernel's own times are in its log"},
    [CAUSE_BOOT_UNKNOWN] = {LAYER_MACHINE,
                            "the probe did not say when it began: the first byte on COM2 does"},
};

const struct cause *cause_of(enum cause_id id)
{
    return &causes[id];
}

const char *layer_name(enum layer layer)
{
    static const char *const names[] = {
        [LAYER_APPLICATION] = "application clock",
        [LAYER_KERNEL] = "guest kernel timekeeping",
        [LAYER_MACHINE] = "hardware or hypervisor",
    };

    return names[layer];
}
