# SPDX-License-Identifier: BSD-2-Clause
"""Clients that mean no good: usage: hostile_clients.py SOCKET PID-OF-THE-RUN.

The run answers the next client each time, and is not larger at the end than its bounds allow.
"""
import json
import socket
import sys

PATH, PID = sys.argv[1], sys.argv[2]
MIB = 1 << 20
# Eight clients with 320 KiB each, and what malloc and a sanitizer keep.
MAY_GROW_BYTES = 24 * MIB


def connect():
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(PATH)
    return client


def rss_bytes():
    with open(f"/proc/{PID}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith("VmRSS"))


def answers():
    """A client that means well is answered."""
    client = connect()
    stream = client.makefile("rw")
    assert "QMP" in json.loads(stream.readline())
    for command in ("qmp_capabilities", "query-status"):
        stream.write(json.dumps({"execute": command}))
        stream.flush()
        assert "return" in json.loads(stream.readline())
    stream.close()
    client.close()


def send_until_refused(client, data, limit):
    """All that the run takes, up to the limit; it may close the connection or stop reading."""
    client.settimeout(0.2)
    sent = 0
    try:
        while sent < limit:
            sent += client.send(data)
    except (BrokenPipeError, ConnectionResetError, TimeoutError, socket.timeout):
        pass


def huge(data):
    client = connect()
    send_until_refused(client, data, 64 * MIB)
    client.close()


def half():
    client = connect()
    client.sendall(b'{"execute": "qmp_capa')
    client.close()


def never_reads():
    client = connect()
    client.sendall(b'{"execute": "qmp_capabilities"}')
    send_until_refused(client, b'{"execute": "query-time"}' * 100, 8 * MIB)
    return client


def main():
    before = rss_bytes()
    answers()
    for data in (b'{"a": "' + b"x" * MIB, b"x" * MIB, b"{" * MIB, b'{"a":' * (MIB // 5), b"\xff" * MIB, b"\0" * MIB):
        huge(data)
        answers()
    half()
    answers()
    for _ in range(100):
        connect().close()
    answers()
    silent = [connect() for _ in range(3)]
    deaf = [never_reads() for _ in range(3)]
    answers()
    grown = rss_bytes() - before
    assert grown < MAY_GROW_BYTES, f"the run has grown by {grown} bytes"
    for client in silent + deaf:
        client.close()
    answers()
    print("the run has answered all along")


main()
