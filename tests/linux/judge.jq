# Judges one report of the clock probe (guest-images/probe/README.md): prints each fault as a string.
# Arguments: $clocksource, $available (words), $cpus (number), $release (how it starts), $events (the
# clock event device of every CPU, and "+" and the broadcast device if there is one; "" is any).

def fault(condition; text): if condition then text else empty end;

def clock_events:
  (map(select(.name != "broadcast").device) | unique | join(","))
  + (map(select(.name == "broadcast" and .device != "") | "+" + .device) | add // "");

($available | split(" ") - [""]) as $expected
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
  (.checks[] | fault(.result == "fail"; "\(.name): \(.detail)")),
  fault(.verdict != "ok"; "verdict is \(.verdict)")
