#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Drives a run of minivmm by its control socket (--control PATH), for test harnesses.

    run = Minivmm("run.sock")
    run.fault("hpet.rate", ppb=2000000)
    nemesis = Nemesis(run, "hpet")
    nemesis.bump(0.25)

Nemesis does what jepsen.nemesis.time does, to one clock. From a shell:

    minivmm.py run.sock bump hpet 0.25
    minivmm.py run.sock strobe hpet 0.2 0.01 5
    minivmm.py run.sock check-offsets
"""
import json
import socket
import sys
import time


class Error(Exception):
    """The run has refused a command, and says why."""


class Minivmm:
    """A client of one run. What the run tells without being asked is kept in events."""

    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.events = []
        self.lines.readline()  # the greeting
        self.execute("qmp_capabilities")

    def execute(self, command, **arguments):
        """Sends a command and returns its answer."""
        message = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if "error" in answer:
                raise Error(answer["error"]["desc"])
            if "return" in answer:
                return answer["return"]
            self.events.append(answer)
        raise Error("the run has ended")

    def fault(self, name, **arguments):
        """Does a fault now; minivmm --faults lists them."""
        return self.execute("fault", fault=name, **arguments)

    def check_offsets(self):
        """How many seconds each clock is ahead of guest time; a date, of the host's."""
        reading = self.execute("query-time")
        clocks, guest_ns = reading["clocks"], reading["guest-ns"]
        date_ns = reading["host"]["realtime-ns"]
        shown = {name: (clocks[name + "-ns"], date_ns) for name in ("wall", "rtc")}
        shown["kvm-clock"] = (clocks["kvm-clock-ns"], guest_ns)
        if clocks["hpet-ticks"] is not None:
            shown["hpet"] = (clocks["hpet-ticks"] * 10, guest_ns)
        return {name: (ns - true) / 1e9 for name, (ns, true) in shown.items() if ns is not None}


class Nemesis:
    """Bends one clock of a guest: any that has a fault CLOCK.step."""

    def __init__(self, run, clock):
        self.run = run
        self.clock = clock
        self.bumped_ns = 0

    def bump(self, seconds):
        """The clock is later by so much from now on, or earlier."""
        by_ns = round(seconds * 1e9)
        self.run.fault(self.clock + ".step", by=f"{by_ns}ns")
        self.bumped_ns += by_ns

    def strobe(self, seconds, period, duration):
        """It goes forth and back by so much, once in each period."""
        for _ in range(max(1, round(duration / period))):
            for step in (seconds, -seconds):
                self.bump(step)
                time.sleep(period / 2)

    def reset(self):
        """What was bumped is taken back."""
        self.bump(-self.bumped_ns / 1e9)


if __name__ == "__main__":
    path, action, *words = sys.argv[1:]
    if action == "check-offsets":
        print(json.dumps(Minivmm(path).check_offsets()))
    else:
        {"bump": Nemesis.bump, "strobe": Nemesis.strobe}[action](
            Nemesis(Minivmm(path), words[0]), *map(float, words[1:]))
