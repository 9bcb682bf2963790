# Judges one report of the clock probe (guest-images/probe/README.md): prints each fault as a string.
# Arguments: $clocksource, $available (words), $cpus (number), $release (how it starts), $events (the
# clock event device of every CPU, and "+" and the broadcast device if there is one; "" is any),
# $refused (a clocksource that the kernel is to call unstable, and its skew in ns: CLOCK:NS; or "").

def fault(condition; text): if condition then text else empty end;

def clock_events:
  (map(select(.name != "broadcast").device) | unique | join(","))
  + (map(select(.name == "broadcast" and .device != "") | "+" + .device) | add // "");

# Two parts of the kernel compare TSCs and say what they have measured: the one that starts CPUs, in cycles,
# if the difference is larger than what it can blame on its own caches; and the watchdog of clocksources.
# Whichever comes first has the word.
def texts: .log.clock.lines[].text;

def calls_unstable($clock):
  any(texts; contains("Marking clocksource '\($clock)' as unstable")
    or ($clock == "tsc" and contains("Marking TSC unstable due to check_tsc_sync_source failed")));

def skews_ns($clock):
  (first(texts | capture("tsc: Detected (?<mhz>[0-9.]+) MHz").mhz | tonumber)) as $mhz
  | [texts
      | (capture("'\($clock)' skewed (?<ns>-?[0-9]+) ns").ns | tonumber | fabs),
        (select($clock == "tsc") | capture("Measured (?<cycles>[0-9]+) cycles TSC warp").cycles
          | tonumber * 1000 / $mhz)];

def refusal($clock; $skew_ns):
  fault(calls_unstable($clock) | not; "the kernel does not call \($clock) unstable"),
  (skews_ns($clock)
    | fault(any(.[]; . > $skew_ns * 0.95 and . < $skew_ns * 1.05) | not;
        "the kernel has measured a skew of \(.) ns, not \($skew_ns)"));

($refused | split(":")) as $refusal
| ($available | split(" ") - [""]) as $expected
| fault(.clocksource.current != $clocksource;
    "the kernel chose \(.clocksource.current), not \($clocksource)"),
  ($expected - .clocksource.available
    | fault(length > 0; "not available: \(join(" "))")),
  (.clockevents | clock_events
    | fault($events != "" and . != $events; "clock events are by \(.), not \($events)")),
  fault(.cpu.online != $cpus; "\(.cpu.online) CPUs online, not \($cpus)"),
  fault(.kernel.release | startswith($release) | not; "kernel is \(.kernel.release)"),
  fault(.log.acpi_problems.count != 0;
    "ACPI warning: \(.log.acpi_problems.lines[0].text)"),
  (.sources[] | fault(.measured | not; "\(.name) was not measured"),
                fault(.backwards != 0; "\(.name) went back \(.backwards) times"),
                fault(.rate == null; "\(.name): no rate against the host")),
  (if $refused == "" then empty else refusal($refusal[0]; $refusal[1] | tonumber) end),
  (.checks[] | select($refused == "" or (.name | IN("stability", "interrupts") | not))
    | fault(.result == "fail"; "\(.name): \(.detail)")),
  fault($refused == "" and .verdict != "ok"; "verdict is \(.verdict)")
