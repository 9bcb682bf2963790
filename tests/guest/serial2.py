#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Talk to the payload "echo" (guest-images/payloads/echo.c) by --serial2, on this machine's KVM.

usage: serial2.py MINIVMM PAYLOADS OUTPUT    OUTPUT: a folder for what is left behind
Prints a TAP line for each check. Status: 0 nothing failed; 1 something did.
"""
import os
import socket
import subprocess
import sys

LIMIT_SEC = 60
MANY_BYTES = 8000

minivmm, payloads, output = sys.argv[1:4]
path = os.path.join(output, "serial2")
failures = 0


def say(right, what):
    global failures
    failures += not right
    print(f"{'ok' if right else 'not ok'} - serial2 {what}", flush=True)


def connect():
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(LIMIT_SEC)
    client.connect(path)
    return client


def read(client, size):
    got = b""
    while len(got) < size:
        part = client.recv(size - len(got))
        if not part:
            break
        got += part
    return got


def ask(client, question):
    client.sendall(question)
    return read(client, len(question)) == question


def talk(run):
    while "ready" not in (line := run.stdout.readline()):
        if line == "":
            raise OSError("the guest ended before it was ready")
    say(os.stat(path).st_mode & 0o777 == 0o600, "is its owner's")
    first = connect()
    say(ask(first, b"Hello, guest"), "answers, and not with what was said before there was a client")
    first.close()
    second = connect()
    say(ask(second, bytes(range(32)) * (MANY_BYTES // 32)), "loses nothing that two send each other")
    second.sendall(b"q")
    second.close()


def main():
    os.makedirs(output, exist_ok=True)
    words = [minivmm, "--timeout", str(LIMIT_SEC), "--console", "stdio", "--serial2", f"unix:{path}",
             os.path.join(payloads, "echo.elf")]
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("ok - serial2 # SKIP /dev/kvm cannot be used")
        return 0
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as run:
        try:
            talk(run)
        except OSError as error:
            say(False, f"does what it should: {error}")
            run.kill()
        say(run.wait() == 1, "ends with the guest")
    say(not os.path.exists(path), "is removed at the end")
    return failures > 0


sys.exit(main())
