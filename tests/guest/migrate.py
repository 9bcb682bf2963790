#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Move the payload "moved" (guest-images/payloads/moved.c) over sockets, on this machine's KVM.

First a guest goes from process to process as long as it runs: what all of them print must be, to the byte,
what it prints in one, which move.sh has left. Then a proxy between source and target cuts the connection,
or kills one of them, at each message: exactly one of them runs the guest afterwards, or none from "go" on.

usage: migrate.py MINIVMM PAYLOADS MOVES    MOVES: the folder that move.sh has left; ours is beside it
Prints a TAP line for each check. Status: 0 nothing failed; 1 something did.
"""
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time

HEAD_BYTES = 24
HELLO, ACCEPT, PAGES, ZEROS, STATE, READY, GO, RUNNING, REFUSE = range(1, 10)
FROM_SOURCE = (HELLO, PAGES, ZEROS, STATE, GO)
NAMES = " hello accept pages zeros state ready go running refuse".split(" ")
# Of each thing that is waited for, and of a guest, which outlives many cuts.
LIMIT_SEC = 60
GUEST_LIMIT_SEC = 600

minivmm, payloads, moves = sys.argv[1:4]
folder = os.path.join(os.path.dirname(os.path.abspath(moves)), "migrations")
failures = 0


def say(right, what):
    global failures
    failures += not right
    print(f"{'ok' if right else 'not ok'} - migrate {what}", flush=True)


def wait_until(true, what):
    end = time.monotonic() + LIMIT_SEC
    while not true():
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.001)


class Process:
    """A minivmm with a control socket; its output is in files."""

    all = []

    def __init__(self, words, incoming=False):
        Process.all.append(self)
        self.name = os.path.join(folder, str(len(Process.all)))
        self.control = f"{self.name}.c"
        self.incoming = f"{self.name}.m" if incoming else None
        options = ["--control", self.control, "--timeout", str(GUEST_LIMIT_SEC)]
        if incoming:
            options = ["restore", "--incoming", f"unix:{self.incoming}", *options]
        with open(f"{self.name}.out", "wb") as out, open(f"{self.name}.log", "wb") as log:
            self.process = subprocess.Popen([minivmm, *options, *words], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=log)
        wait_until(lambda: os.path.exists(self.incoming or self.control) or self.ended(), "a socket")

    def ended(self):
        return self.process.poll() is not None

    def status(self):
        return self.process.wait(LIMIT_SEC)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def printed(self):
        with open(f"{self.name}.out", "rb") as out:
            return out.read()

    def said(self):
        with open(f"{self.name}.log", encoding="utf-8") as log:
            return log.read()

    def execute(self, command, **arguments):
        """What it returns; None after an error, and if the run has ended."""
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(self.control)
            stream = client.makefile("rw")
            stream.readline()
            for name, values in (("qmp_capabilities", {}), (command, arguments)):
                stream.write(json.dumps({"execute": name, "arguments": values}))
                stream.flush()
                answer = {"event": ""}
                while "event" in answer:
                    answer = json.loads(stream.readline() or '{"return": null}')
            return answer.get("return")
        except OSError:
            return None
        finally:
            client.close()

    def migrates_to(self, path):
        """False, for example, if nobody listens there yet."""
        return self.execute("migrate", uri=f"unix:{path}") is not None

    def runs(self):
        status = self.execute("query-status")
        return status is not None and status["running"]


def start(words):
    return Process(["-m", "16", os.path.join(payloads, "moved.elf"), "--append", words])


def receive(end, size_bytes):
    """So many bytes, or fewer at the end of the stream."""
    got = b""
    while len(got) < size_bytes:
        more = end.recv(size_bytes - len(got))
        if not more:
            break
        got += more
    return got


def pass_on(source, sink, fault):
    """One message. False at the end of the stream, and at the fault (type, offset): what is behind is dropped."""
    head = receive(source, HEAD_BYTES)
    if len(head) < HEAD_BYTES:
        return False
    kind, _, size_bytes = struct.unpack_from("<HII", head, 6)
    left = HEAD_BYTES + size_bytes
    if fault and fault[0] == kind:
        left = min(left, fault[1])
    sink.sendall(head[:left])
    left -= HEAD_BYTES
    while left > 0:
        part = receive(source, min(left, 65536))
        if not part:
            return False
        sink.sendall(part)
        left -= len(part)
    return not (fault and fault[0] == kind)


def forward(listener, target_path, fault, act):
    """A connection, up to the fault; then act(), and both ends are closed."""
    listener.settimeout(LIMIT_SEC)
    upper, _ = listener.accept()
    lower = socket.socket(socket.AF_UNIX)
    wait_until(lambda: lower.connect_ex(target_path) == 0, "a target that listens")
    try:
        while True:
            for end in select.select([upper, lower], [], [], LIMIT_SEC)[0]:
                of_source = end is upper
                mine = fault if fault and of_source == (fault[0] in FROM_SOURCE) else None
                if not pass_on(end, lower if of_source else upper, mine):
                    return
    except OSError:
        pass
    finally:
        act()
        upper.close()
        lower.close()


def move_to_the_end(timer):
    """From process to process, as often as it goes."""
    words = f"rounds=40 timer={timer} "
    source = start(words)
    printed, count = b"", 0
    while True:
        target = Process([], incoming=True)
        wait_until(lambda: source.migrates_to(target.incoming) or source.ended(), "a target that listens")
        status = source.status()
        printed += source.printed()
        if status != 0:
            break
        count += 1
        wait_until(lambda: "stood still" in target.said() or target.ended(), "the target's line")
        left = re.search(r"ended; the guest stood still for ([0-9.]+) ms", source.said())
        came = re.search(r"runs here; it stood still for ([0-9.]+) ms", target.said())
        if not left or not came or left[1] != came[1]:
            say(False, f"{timer}: {source.said()!r} and {target.said()!r} differ about the downtime")
        source = target
    # It waits, or has begun to take over what has just ended. SIGINT is ignored in a job in the background.
    target.process.send_signal(signal.SIGTERM)
    waited = target.status()
    with open(os.path.join(moves, f"{timer}.straight"), "rb") as straight:
        same = straight.read() == printed
    say(status == 1 and same and count >= 3 and waited in (130, 2),
        f"{timer}: {count} moves over a socket leave no trace (status {status}, {waited})")


# What a source says that has kept its guest.
GOES_ON = "goes on here"

# Where, and who has the guest then.
CUTS = [
    *[(HELLO, at, "source") for at in (0, 10, 100)],
    *[(ACCEPT, at, "source") for at in (0, 12)],
    *[(PAGES, at, "source") for at in (0, 23, 24, 5000)],
    *[(STATE, at, "source") for at in (0, 24, 4000)],
    *[(READY, at, "source") for at in (0, 23)],
    *[(GO, at, "nobody") for at in (0, 1, 23)],
    *[(GO, 24, "target"), (RUNNING, 0, "target"), (RUNNING, 24, "target")],
]
KILLED_TARGETS = [(HELLO, 0, "source"), (PAGES, 24, "source"), (STATE, 24, "source"), (READY, 0, "source"),
                  (GO, 0, "nobody")]
KILLED_SOURCES = [(PAGES, 24, "nobody"), (STATE, 24, "nobody"), (READY, 0, "nobody"), (GO, 24, "target")]


def fail_at(source, fault, owner, victim):
    """Returns the process that has the guest, or None."""
    target = Process([], incoming=True)
    path = f"{target.name}.p"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    gone_on = source.said().count(GOES_ON)
    killed = {"source": source, "target": target}.get(victim)
    wait_until(lambda: source.migrates_to(path), "a source that listens")
    forward(listener, target.incoming, fault, killed.kill if killed else lambda: None)
    listener.close()
    ends_with = -signal.SIGKILL if victim == "target" else 2
    if fault == (HELLO, 0) and not victim:
        # Who says nothing is not the source: the target waits for the next.
        target.process.send_signal(signal.SIGTERM)
        ends_with = 130
    if owner == "source":
        right = target.status() == ends_with
        wait_until(lambda: source.execute("query-migrate")["status"] == "failed", "the source")
        wait_until(lambda: source.said().count(GOES_ON) == gone_on + 1, "the source's line")
        right = right and source.runs()
    elif owner == "target":
        right = source.status() == (-signal.SIGKILL if victim == "source" else 2)
        wait_until(target.runs, "the target")
    else:
        right = source.status() in (2, -signal.SIGKILL) and target.status() in (2, -signal.SIGKILL)
    if victim != "target" and owner != "target":
        right = right and target.said().count("\n") == 1
    what = f"{victim} killed" if victim else "cut"
    say(right, f"{what} at byte {fault[1]} of {NAMES[fault[0]]}: {owner} has the guest")
    return {"source": source, "target": target}.get(owner)


def fail_everywhere():
    guest = None
    faults = [(cut, None) for cut in CUTS]
    faults += [(cut, "target") for cut in KILLED_TARGETS] + [(cut, "source") for cut in KILLED_SOURCES]
    for (kind, at, owner), victim in faults:
        if guest is None:
            guest = start("rounds=1000000")
        guest = fail_at(guest, (kind, at), owner, victim)
    before = len(guest.printed())
    wait_until(lambda: len(guest.printed()) > before, "the guest to print")
    guest.kill()


def main():
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    if not os.access("/dev/kvm", os.W_OK):
        print("ok - migrate # SKIP /dev/kvm cannot be used")
        return 0
    try:
        for timer in ("deadline", "periodic"):
            move_to_the_end(timer)
        fail_everywhere()
    finally:
        for process in Process.all:
            process.kill()
    return failures > 0


sys.exit(main())
