# Judges one report of the clock probe (guest-images/probe/README.md): prints each fault as a string.
# Arguments: $clocksource, $available (words), $cpus (number), $release (how it starts).

def fault(condition; text): if condition then text else empty end;

($available | split(" ") - [""]) as $expected
| fault(.clocksource.current != $clocksource;
    "the kernel chose \(.clocksource.current), not \($clocksource)"),
  ($expected - .clocksource.available
    | fault(length > 0; "not available: \(join(" "))")),
  fault(.cpu.online != $cpus; "\(.cpu.online) CPUs online, not \($cpus)"),
  fault(.kernel.release | startswith($release) | not; "kernel is \(.kernel.release)"),
  fault(.log.acpi_problems.count != 0;
    "ACPI warning: \(.log.acpi_problems.lines[0].text)"),
  (.sources[] | fault(.measured | not; "\(.name) was not measured"),
                fault(.backwards != 0; "\(.name) went back \(.backwards) times"),
                fault(.rate == null; "\(.name): no rate against the host")),
  (.checks[] | fault(.result == "fail"; "\(.name): \(.detail)")),
  fault(.verdict != "ok"; "verdict is \(.verdict)")
