# SPDX-License-Identifier: BSD-2-Clause
# What is wrong with a TSC of $khz kHz and with the kvm-clock that counts it, in a report of the clock probe
# (guest-images/probe/README.md): prints each fault as a string.
#
# Rates are against the host's CLOCK_MONOTONIC_RAW, by the probe's brackets, and proven: their uncertainty
# counts.

def fault(condition; text): if condition then text else empty end;

def detected_khz:
  first(.log.clock.lines[].text | capture("tsc: Detected (?<mhz>[0-9.]+) MHz").mhz | tonumber * 1000);
def kvm_clock: .monotonic_raw.by_bracket;
def tsc_ppb: (.cpu.tsc_hz * (1 + kvm_clock.value_ppb / 1e9) / ($khz * 1000) - 1) * 1e9;
def rate_fault(name; $ppb):
  fault(($ppb | fabs) + kvm_clock.uncertainty_ppb > 1000;
    "\(name) is off by \($ppb) +- \(kvm_clock.uncertainty_ppb) ppb");

(detected_khz | fault(. != $khz; "the kernel takes the TSC for one of \(.) kHz")),
rate_fault("the TSC"; tsc_ppb),
rate_fault("kvm-clock"; kvm_clock.value_ppb)
