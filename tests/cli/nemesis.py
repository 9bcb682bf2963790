# SPDX-License-Identifier: BSD-2-Clause
"""A nemesis as Jepsen's, by examples/minivmm.py: usage: nemesis.py SOCKET."""
import json
import sys

sys.path.insert(0, "examples")
from minivmm import Error, Minivmm, Nemesis  # noqa: E402


def ticks(run):
    """The HPET of a guest that has not started it stands still."""
    return run.execute("query-time")["clocks"]["hpet-ticks"]


def main(path):
    run = Minivmm(path)
    nemesis = Nemesis(run, "hpet")
    before = ticks(run)
    nemesis.bump(0.25)
    assert ticks(run) - before == 25_000_000
    nemesis.bump(-0.05)
    nemesis.strobe(0.1, 0.002, 0.01)
    assert ticks(run) - before == 20_000_000
    nemesis.reset()
    assert ticks(run) == before
    assert {"wall", "rtc", "kvm-clock", "hpet"} >= set(run.check_offsets()) >= {"wall", "hpet"}
    try:
        run.fault("hpet.step", by="1")
    except Error as error:
        assert "by is to be a time" in str(error)
    else:
        raise AssertionError("a step without a unit is done")
    run.execute("quit")
    events = run.events + [json.loads(line) for line in run.lines]
    faults = [event["data"]["by"] for event in events if event["event"] == "FAULT"]
    assert len(faults) == 2 + 2 * 5 + 1, faults
    print("the nemesis is done")


main(sys.argv[1])
