# SPDX-License-Identifier: BSD-2-Clause
# What is wrong with how the kernel refuses a clocksource, in a report of the clock probe
# (guest-images/probe/README.md): prints each fault as a string. Argument: $refused, a clocksource and the
# skew in ns that the kernel is to have measured: CLOCK:NS.

def fault(condition; text): if condition then text else empty end;

# Two parts of the kernel compare TSCs and say what they have measured: the one that starts CPUs, in cycles,
# if the difference is larger than what it can blame on its own caches; and the watchdog of clocksources.
# Whichever comes first has the word.
def texts: .log.clock.lines[].text;

def skews_ns($clock):
  (first(texts | capture("tsc: Detected (?<mhz>[0-9.]+) MHz").mhz | tonumber)) as $mhz
  | [texts
      | (capture("'\($clock)' skewed (?<ns>-?[0-9]+) ns").ns | tonumber | fabs),
        (select($clock == "tsc") | capture("Measured (?<cycles>[0-9]+) cycles TSC warp").cycles
          | tonumber * 1000 / $mhz)];

($refused | split(":")) as [$clock, $skew_ns]
| skews_ns($clock)
| fault(any(.[]; . > ($skew_ns | tonumber) * 0.95 and . < ($skew_ns | tonumber) * 1.05) | not;
    "the kernel has measured a skew of \(.) ns, not \($skew_ns)")
